"""Fashion-MNIST: where its files are looked for, and the checksums of the current version.

The version from before 31 August 2017 has
test images among the training images and is refused.

Source: Xiao, Rasul, Vollgraf 2017, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms.
"""

from pathlib import Path

from seedtrial.data.citation import FASHION_MNIST
from seedtrial.data.parts import Parts
from seedtrial.data.reader import Facts, Form, Reader
from seedtrial.data.readers.known_files import KnownFiles, installed
from seedtrial.fetch import from_debian, from_web

NAME = "fashion-mnist"
CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)


def cache() -> Path:
    """Where the verified, decompressed files are kept.

    >>> cache().name
    'fashion-mnist'
    """
    return _files().cache()


def read(source: str = NAME, data_dir: Path | None = None, form: Form | None = None) -> Parts:
    """Fashion-MNIST from the first location that has it.

    A folder given by `data_dir`, or else $SEEDTRIAL_DATA/fashion-mnist, is the only location tried. Otherwise: the
    cache, Debian's package, two mirrors, and a download of Debian's package.

    Raises SeedtrialError when a checksum does not match, or with all that was tried when no location has it.

        read(data_dir=Path("data/fashion"))
    """
    locations = (
        (f"the folder of the package {DEBIAN_PACKAGE}", installed(DEBIAN)),
        *((mirror, from_web(mirror, [f"{name}.gz" for name in SHA256])) for mirror in MIRRORS),
        (f"apt-get download {DEBIAN_PACKAGE}", from_debian(DEBIAN_PACKAGE, DEBIAN)),
    )
    return _files().read(
        data_dir,
        locations,
        f"Install the Debian package {DEBIAN_PACKAGE}, or give the folder with its four files (--data-dir DIR), "
        "or use scikit-learn's digits, which need no download (--data digits).",
    )


def _files() -> KnownFiles:
    return KnownFiles(NAME, "Fashion-MNIST", CLASSES, SHA256)


READER = Reader(
    name=NAME,
    title="70,000 grey 28x28 images of clothing in 10 classes (Xiao et al. 2017)",
    claims=lambda source: source == NAME,
    read=read,
    facts=Facts(
        fingerprint="b42e0f3189f494f730119201c9e1a41654a875ffd564ea07b7cf8032d5327c02",
        classes=CLASSES,
        shape=(1, 28, 28),
        train=60_000,
        test=10_000,
    ),
    takes_dir=True,
    citation=FASHION_MNIST,
)
