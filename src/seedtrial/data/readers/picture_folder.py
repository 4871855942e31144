"""A folder or a .zip of pictures: DIR/train/CLASS/*, optionally DIR/val and DIR/test; or only DIR/CLASS/*.

The folders in train are the classes, sorted by name. A val folder is the validation split. Without a test folder, a
stratified share of the training part, always the same, is kept back as the sealed test part. A val folder is never used
as the test part, since somebody may have chosen a network by it already.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from seedtrial.data import picture
from seedtrial.data.part_names import by_part, part_of
from seedtrial.data.parts import Parts, Skipped, Split
from seedtrial.data.pictures import Pictures, check_memory, mixed
from seedtrial.data.reader import Form, Reader
from seedtrial.data.splits import listed, parts_of
from seedtrial.data.tree import File, Tree, all_files, junk, of_folder, of_zip
from seedtrial.errors import SeedtrialError
from seedtrial.words import counted, printable

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif")
NAMED = 5  # files and folders that a note names


def has_pictures(path: Path) -> bool:
    """Whether this is a folder with folders in it, or a .zip.

    >>> has_pictures(Path("no/such/folder"))
    False
    """
    if path.is_file():
        return path.suffix.lower() == ".zip"
    try:
        return path.is_dir() and any(child.is_dir() and not junk(child.name) for child in path.iterdir())
    except OSError:
        return True  # `read` says why


def read(path: Path, form: Form | None = None) -> Parts:
    """All pictures of a folder or a .zip.

    The classes of a part are mixed evenly, so that its first images hold all classes in proportion. Files that are
    damaged, too large, of another format, or links to elsewhere are listed in `Parts.skipped`. A test folder without
    classes is set aside with a note.

    Raises SeedtrialError when a class has no usable picture to train on, when there is only one class, when the
    pictures differ in size and no size is given, or when they would not fit into memory.

    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     for number in range(10):
    ...         path = Path(folder, ("cat", "dog")[number % 2], f"{number}.png")
    ...         path.parent.mkdir(exist_ok=True)
    ...         Image.new("RGB", (40, 20)).save(path)
    ...     parts = read(Path(folder), Form(size=8))
    >>> parts.train.images.shape, parts.classes
    ((8, 3, 8, 8), ('cat', 'dog'))
    """
    form = form or Form()
    if not path.exists():
        raise SeedtrialError(f"There is no folder {path}.")
    tree = of_zip(path) if path.is_file() else of_folder(path, links=bool(form.links))
    notes: list[str] = []
    root = _unwrapped(tree, path, notes)
    folders = _part_folders(root, path, notes)
    classes = tuple(_class_folders(folders["train"], path))
    if len(classes) < 2:
        raise SeedtrialError(
            f"{_at(path, folders['train'])} has {len(classes) or 'no'} class folder{'s' * (len(classes) != 1)}; "
            f"expected two or more, each with the pictures of one class.{_packed(folders['train'])}"
        )
    for name in classes:
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
            raise SeedtrialError(
                f"The folder name {name!a} in {_at(path, folders['train'])} cannot be printed as a class name."
            )
    files = [file for folder in folders.values() for inner in folder.folders.values() for file in inner.files.values()]
    check_memory(len(files), path, form, None if form.size else _first_size(files))
    reader = Pictures(path, form)
    splits = {part: _part(part, part_folder, classes, reader) for part, part_folder in folders.items()}
    return parts_of(splits, tuple(map(printable, classes)), str(path), tuple(reader.skipped), tuple(notes), form.groups)


def _packed(folder: Tree) -> str:
    """A hint where there are archives, tables or loose pictures in place of folders."""
    packed = [name for name in folder.files if name.lower().endswith((".zip", ".tar", ".gz", ".tgz", ".rar", ".7z"))]
    if packed:
        return f" {packed[0]} is an archive; unpack it."
    data = [name for name in folder.files if name.lower().endswith((".csv", ".npz", ".npy", ".parquet"))]
    if data:
        return f" {data[0]} may hold the images; give it in place of the folder."
    loose = sum(map(_is_picture, folder.files.values()))
    return f" {counted(loose, 'picture')} lie there without a class folder." if loose else ""


def _unwrapped(tree: Tree, path: Path, notes: list[str]) -> Tree:
    """The folder that has the parts or classes, below folders that hold nothing but one other folder."""
    root = tree
    while len(root.folders) == 1 and not any(_is_picture(file) for file in root.files.values()):
        (inner,) = root.folders.values()
        named = part_of(inner.path.name)
        if not inner.folders or (named and not named[1] and root is tree and not _nested_twice(inner)):
            break
        root = inner
    if root is not tree:
        notes.append(f"The pictures are taken from {_at(path, root)}.")
    return root


def _nested_twice(folder: Tree) -> bool:
    """Whether a folder holds only another of the same name, as archives do that were packed carelessly."""
    return list(folder.folders) == [folder.path.name] and not folder.files


def _part_folders(root: Tree, path: Path, notes: list[str]) -> dict[str, Tree]:
    """The folder of each part. Where none holds class folders, all folders are classes of the training part."""
    named = by_part(root.folders)
    for names in named.values():
        if len(names) > 1:
            raise SeedtrialError(f"{_at(path, root)} has both {' and '.join(names)}; expected one.")
    parts = {part: root.folders[names[0]] for part, names in named.items()}
    for folder in parts.values():
        _refuse_problem(folder)
    others = [folder for folder in root.folders.values() if folder not in parts.values()]
    if not any(folder.folders for folder in parts.values()) and (others or "train" not in parts):
        if parts and not others:
            raise SeedtrialError(_without_train(root, path, parts))
        return {"train": root}  # perhaps a class is called test
    if "train" not in parts:
        raise SeedtrialError(_without_train(root, path, parts))
    parts = {part: _same_again(folder, path, notes) for part, folder in parts.items()}
    _set_aside_unlabelled(parts, path, notes)
    unused = [f"{folder.path.name}/" for folder in others] + [name for name in root.files]
    if unused:
        alike = [folder.path.name for folder in others if set(folder.folders) & set(parts["train"].folders)]
        hint = f"; call {printable(alike[0])} val or test to have its pictures used" if alike else ""
        notes.append(f"Not used in {_at(path, root)}: {listed([printable(name) for name in unused], NAMED)}{hint}.")
    return parts


def _without_train(root: Tree, path: Path, parts: dict[str, Tree]) -> str:
    return f"{_at(path, root)} has a folder {next(iter(parts.values())).path.name}, but none named train."


def _same_again(folder: Tree, path: Path, notes: list[str]) -> Tree:
    """A part's folder, or what lies in it where it holds one other folder only: training_set/training_set."""
    while len(folder.folders) == 1 and not any(_is_picture(file) for file in folder.files.values()):
        (inner,) = folder.folders.values()
        if not inner.folders:
            break
        folder = inner
        notes.append(f"The pictures are taken from {_at(path, folder)}.")
    return folder


def _set_aside_unlabelled(parts: dict[str, Tree], path: Path, notes: list[str]) -> None:
    """Leave out a validation or test part whose pictures have no class, as competitions hand them out."""
    for part in ("validation", "test"):
        folder = parts.get(part)
        if folder is None or set(folder.folders) & set(parts["train"].folders):
            continue
        pictures = sum(_is_picture(file) for file in all_files(folder))
        if folder.folders and not (len(folder.folders) == 1 and pictures):
            continue  # classes of other names: an error, which names them
        del parts[part]
        kept = "; a share of the training part is kept back for the test" if part == "test" else ""
        notes.append(
            f"{_at(path, folder)} has {counted(pictures, 'picture')} without class folders, which are set aside{kept}."
        )


def _is_picture(file: File) -> bool:
    return file.path.suffix.lower() in SUFFIXES


def _class_folders(part_folder: Tree, path: Path) -> dict[str, Tree]:
    for folder in part_folder.folders.values():
        _refuse_problem(folder)
    return part_folder.folders


def _refuse_problem(folder: Tree) -> None:
    if folder.problem:
        raise SeedtrialError(folder.problem)


def _first_size(files: Sequence[File]) -> tuple[int, int] | None:
    sizes = (size_of(file) for file in files[:20] if not file.problem and _is_picture(file))
    return next((size for size in sizes if size), None)


def size_of(file: File) -> tuple[int, int] | None:
    """(width, height) of a picture, from its header; None when it cannot be read.

    >>> from pathlib import PurePosixPath
    >>> size_of(File(PurePosixPath("cat/1.png"), where=Path("no/such/1.png"))) is None
    True
    """
    try:
        return picture.header_size(file.where or Path(file.path.name), file.open())
    except SeedtrialError:  # damaged in its .zip
        return None


def _part(name: str, part_folder: Tree, classes: tuple[str, ...], reader: Pictures) -> Split:
    """The pictures of one part, with its classes mixed evenly."""
    unknown = sorted(set(_class_folders(part_folder, reader.root)) - set(classes))
    if unknown:
        raise SeedtrialError(
            f"{_at(reader.root, part_folder)} has a class '{unknown[0]}', but the training part does not; it has "
            f"{listed(classes, NAMED)}."
        )
    for file in part_folder.files.values():
        reader.skip(file.path, "not in a class folder")
    pictures = []
    for class_name in classes:
        before = len(reader.skipped)
        folder = part_folder.folders.get(class_name) or Tree(part_folder.path / class_name)
        pictures.append(list(_pictures(folder, reader)))
        if not pictures[-1] and name == "train":
            raise SeedtrialError(_empty(_at(reader.root, folder), folder, reader.skipped[before:]))
    if not any(pictures):
        raise SeedtrialError(f"{_at(reader.root, part_folder)} has no usable picture.")
    names = [[str(path) for path, _ in each] for each in pictures]
    return mixed(name, [[pixels for _, pixels in each] for each in pictures], names=names)


def _pictures(folder: Tree, reader: Pictures) -> Iterator[tuple[PurePosixPath, np.ndarray]]:
    """The usable pictures of a class folder with their paths, by name."""
    for inner in folder.folders.values():
        reader.skip(inner.path, "a folder inside a class folder")
    for file in folder.files.values():
        if file.problem:
            reader.skip(file.path, file.problem)
            continue
        try:
            content = file.open()
        except SeedtrialError as error:
            reader.skip(file.path, str(error))
            continue
        pixels = reader.read(file.path, file.where, content)
        if pixels is not None:
            yield file.path, pixels


def _empty(class_folder: str, folder: Tree, skipped: list[Skipped]) -> str:
    if folder.folders and not folder.files:
        return (
            f"The class folder {class_folder} holds folders ({listed([*folder.folders])}) and no pictures; give the "
            "folder whose folders are the classes, or put all pictures of a class directly into its folder."
        )
    if not skipped:
        return f"The class folder {class_folder} has no pictures; put some into it, or move it elsewhere."
    return (
        f"The class folder {class_folder} has no usable picture among {counted(len(skipped), 'file')} "
        f"({skipped[0].path}: {skipped[0].reason})."
    )


def _at(path: Path, folder: Tree) -> str:
    """A folder of the source as users would write it."""
    return printable(str(path / folder.path)) if folder.path.parts else str(path)


READER = Reader(
    name="DIR or FILE.zip with pictures",
    title="train/CLASS/*.jpg, optionally val and test; or CLASS/*.jpg; PNG, JPEG, WebP, BMP, GIF, TIFF",
    claims=lambda source: has_pictures(Path(source)),
    read=lambda source, data_dir, form: read(Path(source), form),
    takes=("size", "channels", "range", "background", "fit", "links", "groups"),
)
