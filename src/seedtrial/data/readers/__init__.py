"""The kinds of data sources, one file each, and the order in which they are asked whether a source is theirs."""

from pathlib import Path

from seedtrial.data.parts import Parts
from seedtrial.data.reader import Form, Reader
from seedtrial.data.readers import csv, digits, fashion_mnist, idx_folder, npz, picture_folder
from seedtrial.errors import SeedtrialError, unknown

# The first that claims a source reads it: names of built-in data sets, then files, then folders by what they hold.
READERS: tuple[Reader, ...] = (
    fashion_mnist.READER,
    digits.READER,
    npz.READER,
    csv.READER,
    idx_folder.READER,
    picture_folder.READER,
)


NAMED_DIR = "data-dir"  # in a study file: the images that the user names with --data-dir


def built_in() -> dict[str, Reader]:
    """The built-in data sets by name.

    >>> sorted(built_in())
    ['digits', 'fashion-mnist']
    """
    return {reader.name: reader for reader in READERS if reader.facts is not None}


def resolved(source: str, data_dir: Path | None) -> tuple[str, Path | None]:
    """A source and its --data-dir, with the folder in place of "data-dir", the source of studies that bring no images.

    >>> resolved("data-dir", Path(".")), resolved("digits", None)
    (('.', None), ('digits', None))

    Raises SeedtrialError when such a study has no folder.
    """
    if source != NAMED_DIR:
        return source, data_dir
    if data_dir is None:
        raise SeedtrialError(
            "This study needs images of yours: name their folder with --data-dir DIR, where DIR/train has a folder of "
            "pictures for each class."
        )
    if not data_dir.exists():
        raise SeedtrialError(f"There is no folder {data_dir}.")
    return str(data_dir), None


def reader_for(source: str) -> Reader:
    """The reader of a source, a built-in name or a path. Raises SeedtrialError when there is none.

    >>> reader_for("digits").title
    '1,797 grey 8x8 handwritten digits, embedded in scikit-learn, no download'
    """
    for reader in READERS:
        if reader.claims(source):
            return reader
    if Path(source).is_dir():
        raise SeedtrialError(
            f"{source} holds neither the four IDX files of MNIST nor folders of pictures (DIR/train/CLASS/*.jpg)."
        )
    if looks_like_path(source):
        raise SeedtrialError(f"There is no folder {Path(source)}.")
    raise unknown("data set", source, built_in())


def read(source: str, data_dir: Path | None = None, form: Form | None = None) -> Parts:
    """The parts of a source.

    data_dir: a folder to read a built-in data set's files from, instead of the places known to have them

    Raises SeedtrialError when there is no such source, it is damaged, or it has no use for one of the settings.
    """
    source, data_dir = resolved(source, data_dir)
    reader, form = reader_for(source), form or Form()
    reader.check(source, data_dir, form)
    return reader.read(source, data_dir, form)


def looks_like_path(source: str) -> bool:
    """Whether a source is meant as a path: it exists, or it has a separator in it.

    >>> looks_like_path("some/where"), looks_like_path("fashion-mnist")
    (True, False)
    """
    return Path(source).exists() or "/" in source or "\\" in source
