"""The kinds of data sources, one file each, and the order in which readers are asked whether they can read a source."""

from pathlib import Path

from seedtrial.data.citation import Citation
from seedtrial.data.parts import Parts
from seedtrial.data.reader import Facts, Form, Reader
from seedtrial.data.readers import (
    cifar,
    csv,
    digits,
    fashion_mnist,
    idx_folder,
    mnist,
    npy_folder,
    npz,
    parquet,
    picture_folder,
    picture_table,
)
from seedtrial.errors import SeedtrialError, unknown
from seedtrial.words import counted

# The first reader that claims a source reads it. Built-in names come first, then files by their suffix, then folders by
# what is in them: a folder with IDX files may have other folders beside them, so IDX files are looked for first.
READERS: tuple[Reader, ...] = (
    fashion_mnist.READER,
    mnist.READER,
    digits.READER,
    npz.READER,
    picture_table.READER,
    csv.READER,
    idx_folder.READER,
    cifar.READER,
    npy_folder.READER,
    parquet.READER,
    picture_folder.READER,
)


WAYS_IN = {  # what helps with files of other kinds, by how their names end
    (".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z"): "unpack it and give the folder",
    (".pkl", ".pickle", ".pt", ".pth", ".joblib"): "it may run code when read: save its arrays with np.savez",
    (".h5", ".hdf5", ".mat", ".tfrecord", ".feather", ".arrow"): "save its arrays with np.savez",
    (".xlsx", ".xls", ".ods", ".txt", ".dat"): "save it as a .csv file",
    (
        ".jpg",
        ".jpeg",
        ".png",
        ".webp",
        ".bmp",
        ".gif",
    ): "it is one picture: give the folder with a folder per class",
    ("ubyte",): "give the folder with the four IDX files",
}

NAMED_DIR = "data-dir"  # as a study's source: the user's own images, in the folder given by --data-dir


def built_in_readers() -> dict[str, Reader]:
    """The built-in data sets by name.

    >>> sorted(built_in_readers())
    ['digits', 'fashion-mnist', 'mnist']
    """
    return {reader.name: reader for reader in READERS if reader.facts is not None}


def resolved(source: str, data_dir: Path | None) -> tuple[str, Path | None]:
    """A source and its --data-dir; the source "data-dir", of studies on the user's own images, becomes that folder.

    >>> resolved("data-dir", Path(".")), resolved("digits", None)
    (('.', None), ('digits', None))

    Raises SeedtrialError when the source is "data-dir" and no such folder is given.
    """
    if source != NAMED_DIR:
        return str(Path(source).expanduser()) if source.startswith("~") else source, data_dir
    if data_dir is None:
        raise SeedtrialError(
            "This study needs your own images: give their folder with --data-dir DIR, where DIR/train has one folder "
            "of pictures per class."
        )
    if not data_dir.exists():
        raise SeedtrialError(f"There is no folder {data_dir}.")
    return str(data_dir), None


def reader_for(source: str) -> Reader:
    """The reader of a source, a built-in name or a path. Raises SeedtrialError when there is none.

    >>> reader_for("digits").title
    '1,797 grey 8x8 handwritten digits, embedded in scikit-learn, no download'
    """
    if not source.strip():
        raise SeedtrialError("The name of the data is empty; give a built-in data set, a folder or a file.")
    for reader in READERS:
        if reader.claims(source):
            return reader
    if Path(source).is_dir():
        raise SeedtrialError(
            f"{source} has neither the four IDX files of MNIST, nor .npy files, nor folders of pictures "
            f"(DIR/train/CLASS/*.jpg).{_instead(Path(source))}"
        )
    if Path(source).exists():
        kinds = ", ".join(reader.name for reader in READERS if reader.facts is None)
        way = next((way for endings, way in WAYS_IN.items() if source.lower().endswith(endings)), None)
        hint = f" {way[0].upper()}{way[1:]}." if way else ""
        raise SeedtrialError(f"{source} is a file of another kind; what can be read: {kinds}.{hint}")
    if "://" in source:
        raise SeedtrialError(f"{source} is an address; download what it names and give the folder or file.")
    if looks_like_path(source):
        raise SeedtrialError(f"There is no folder {Path(source)}.")
    raise unknown("data set", source, built_in_readers())


def _instead(folder: Path) -> str:
    """What in a folder may be meant: a file that can be read, or pictures that have no classes yet."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    files = [name for name in names if name.lower().endswith((".npz", ".csv", ".tsv", ".csv.gz", ".parquet", ".zip"))]
    if files:
        train = next((name for name in files if "train" in name.lower()), files[0])
        return f" It has {train}, which can be given itself."
    pictures = sum(name.lower().endswith(picture_folder.SUFFIXES) for name in names)
    if pictures:
        return f" It has {counted(pictures, 'picture')}: put those of a class into a folder, such as DIR/cat."
    return ""


def read(source: str, data_dir: Path | None = None, form: Form | None = None) -> Parts:
    """The parts of a source.

    source:   a built-in name or a path
    data_dir: a folder with the files of a built-in data set; it is then not looked for elsewhere
    form:     the size and channels that pictures are converted to

    Raises SeedtrialError when there is no such source, it is damaged, or a setting does not apply to it.

    >>> parts = read("digits")
    >>> parts.train.images.shape, parts.origin
    ((1437, 1, 8, 8), 'embedded in scikit-learn')
    """
    source, data_dir = resolved(source, data_dir)
    reader, form = reader_for(source), form or Form()
    reader.check(source, data_dir, form)
    return reader.read(source, data_dir, form)


def cited_work(source: str, facts: Facts | None = None) -> Citation | None:
    """The work that published the images of a source; None for data of the user's own.

    facts: what identifies the images; a copy of a built-in data set in another place is known by its fingerprint

    >>> cited_work("digits").key, cited_work("no/such/folder")
    ('alpaydin1998optical', None)
    """
    for reader in READERS:
        if reader.facts is None:
            continue
        if (facts.fingerprint == reader.facts.fingerprint) if facts else (source == reader.name):
            return reader.citation
    try:
        reader = reader_for(source)
    except SeedtrialError:
        return None
    whole = facts is not None and facts.train + facts.test == reader.images
    return reader.citation if reader.facts is None and whole else None


def looks_like_path(source: str) -> bool:
    """Whether a source is meant as a path: it exists or contains a separator.

    >>> looks_like_path("some/where"), looks_like_path("fashion-mnist")
    (True, False)
    """
    return Path(source).exists() or "/" in source or "\\" in source
