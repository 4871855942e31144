"""`init`: a study file to begin with, for images that were looked at, with comments that explain it."""

import re
from dataclasses import dataclass
from pathlib import Path

from seedtrial.choosing.as_code import as_code, imports
from seedtrial.choosing.candidates import Candidate, Seen, ladder
from seedtrial.choosing.finals import one_line
from seedtrial.choosing.look import look
from seedtrial.data.dataset import Dataset, DataSpec
from seedtrial.data.folds import usual_folds
from seedtrial.errors import SeedtrialError
from seedtrial.files import write_atomic
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import override
from seedtrial.words import counted, printable

SEEDS = 3
WANTED = ("linear", "conv")  # and the most promising one
WHY = {
    "linear": "Straight lines through pixels: what every network has to beat, trained in seconds.",
    "conv": "Convolutions find small patterns wherever they are.",
    "dense": "Every unit sees every pixel; it knows nothing of neighbours.",
    "pretrained": "A network that has learnt ImageNet's photographs; only the last layer learns yours.",
    "resnet 16-32-64": "Residual blocks: deeper, more accurate where there are thousands of images, and slower.",
}


@dataclass(frozen=True)
class Starter:
    """A study file to write.

    text:    of the file
    decided: what was decided about the data, a sentence each

    >>> Starter("def study(): ...", ("Pictures are brought to 64 x 64 pixels.",)).decided[0]
    'Pictures are brought to 64 x 64 pixels.'
    """

    text: str
    decided: tuple[str, ...]


def write_starter(path: Path, source: str, *, data_dir: Path | None = None) -> Starter:
    """Look at the images and write a study file for them. Raises SeedtrialError when the file exists already.

    source: a built-in data set, a folder or a file

    >>> "Claim.beats(" in write_starter(Path("mine.py"), "digits").text, Path("mine.py").exists()
    (True, True)
    """
    if path.suffix != ".py":
        raise SeedtrialError(f"A study is a Python file: seedtrial init {path.with_suffix('.py')}, not {path}.")
    if path.exists():
        raise SeedtrialError(f"{path} exists already, and init does not overwrite it; give another name.")
    data, dataset, decided = look(source, data_dir=data_dir)
    starter = Starter(_text(path, data, dataset), tuple(decided))
    write_atomic(path, starter.text)
    return starter


def recipes(data: DataSpec, dataset: Dataset) -> dict[str, Recipe]:
    """Three recipes that suit such images, the simplest first, each as a search might begin with it.

    >>> from seedtrial.data.dataset import load
    >>> list(recipes(DataSpec(source="digits"), load("digits")))
    ['linear', 'conv', 'resnet 16-32-64']
    """
    steps = {each.name: each for each in ladder(data, _seen(dataset))}
    wanted = [*WANTED, "pretrained" if "pretrained" in steps else "resnet 16-32-64"]
    names = [name for name in wanted if name in steps]
    if len(names) < len(wanted):  # images so small that a convolution does not fit
        names.insert(1, "dense")
    mirrors = dataset.facts.shape[0] == 3  # small grey images are often digits and letters
    return {name: _begun(steps[name], mirrors=mirrors) for name in names}


def _begun(candidate: Candidate, *, mirrors: bool) -> Recipe:
    """The recipe with what a search would try first; candidates that try images with and without mirrors try both."""
    return override(candidate.recipe, candidate.settings(candidate.start(0 if mirrors else -1)))


def _seen(dataset: Dataset) -> Seen:
    return Seen(len(dataset.train), dataset.facts.shape, len(dataset.classes))


def _text(path: Path, data: DataSpec, dataset: Dataset) -> str:
    chosen = recipes(data, dataset)
    standard = next((each.data for each in chosen.values() if each.data.scaling == "standard"), None)
    counts = [sum(each) for each in zip(*(n for name, n in dataset.counts().items() if name != "test"), strict=True)]
    folds = usual_folds(counts, len(dataset.test))
    labels, shown = list(chosen), one_line(str(path))
    lines = [
        f'"""{one_line(f"Which network should I use for {Path(data.source).name}?")}',
        "",
        f"    seedtrial plan {shown}             what would run, and how long it takes",
        f"    seedtrial run {shown}              trains what is missing; after Ctrl-C, the same command goes on",
        f"    seedtrial report {shown} --open    verdicts, results with intervals, confusion matrices",
        "",
        "Change anything here. A run counts for every study that has the same recipe, so nothing is trained twice.",
        "Settings: `seedtrial settings ARCHITECTURE`, or docs/settings.md.",
        '"""',
        "",
        "from seedtrial import Claim, Recipe, Study",
        *imports([*chosen.values(), data]),
        "",
        *_about(data, dataset),
        f"DATA = {as_code(data)}",
    ]
    if standard is not None:
        lines += [
            "# The same images with mean 0 and deviation 1, which most networks learn from faster.",
            'STANDARD = DATA.model_copy(update={"scaling": "standard"})',
        ]
    lines += ["", "", "def study() -> Study:", '    """The question, the recipes, and what is claimed of them."""']
    lines += [
        "    # augment moves training images a little, so that few do for more. flip mirrors them: leave it out where",
        "    # a mirrored image is not of the same class, as with letters.",
        "    recipes = {",
    ]
    for label, recipe in chosen.items():
        name = "STANDARD" if recipe.data is standard or recipe.data == standard else "DATA"
        lines += [f"        # {WHY[label]}"]
        lines += [f'        "{label}": {as_code(recipe, indent=8, names=((recipe.data, name),))},']
    lines += ["    }", *_study(path, data, labels, folds), ""]
    return "\n".join(line for line in lines if line != "from seedtrial.runs.recipe import Recipe")


def _about(data: DataSpec, dataset: Dataset) -> list[str]:
    channels, height, width = dataset.facts.shape
    total = sum(map(sum, dataset.counts().values()))
    classes = ", ".join(printable(name) for name in dataset.classes[:10])
    more = ", ..." if len(dataset.classes) > 10 else ""
    colour = "in colour" if channels == 3 else "in grey"
    lines = [
        f"# {counted(total, 'image')} of {width} x {height} pixels, {colour}, in {len(dataset.classes)} classes: "
        f"{classes}{more}."
    ]
    if data.size is not None:
        lines.append("# size: the side that pictures are brought to. Larger ones show more and take longer.")
    if data.groups is not None:
        lines.append("# groups: images that are nearly the same stay together, so that no test image was trained on.")
    return lines


def _study(path: Path, data: DataSpec, labels: list[str], folds: int | None) -> list[str]:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", path.stem).lstrip("._-") or "mine"
    if folds:
        repeated = [
            f"        # Test images are few, so the images are divided into {folds} parts: each is the test part once.",
            "        seeds=1,",
            f"        folds={folds},",
        ]
    else:
        repeated = [
            "        # Each recipe is trained so many times, with other random numbers: that shows what is luck.",
            f"        seeds={SEEDS},",
        ]
    return [
        "    return Study(",
        f"        name={name!r},".replace("'", '"'),
        f"        question={as_code(f'Which network should I use for {printable(Path(data.source).name)}?')},",
        "        recipes=recipes,",
        *repeated,
        "        # Say what you expect before you look. Others: Claim.equals(a, b, within=0.5), Claim.reaches(a, 90).",
        f'        claims=(Claim.beats("{labels[-1]}", "{labels[0]}"), Claim.beats("{labels[-1]}", "{labels[-2]}")),',
        "    )",
    ]
