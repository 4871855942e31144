"""The verb `settings`. Heavy imports stand inside, so that --help is instant."""

import re
from typing import Annotated

import typer

from seedtrial.cli.options import Json

DEFAULT, EXAMPLE = 14, 18  # columns, so that most of a line is for the meaning


def settings(
    architecture: Annotated[
        str | None,
        typer.Argument(
            metavar="[ARCHITECTURE|WORD]",
            help="one that `seedtrial models` lists, or a word to search for [settings that all share]",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain every setting: its meaning, unit, default, and an example for --set."""
    from dataclasses import asdict

    from seedtrial.cli import printing
    from seedtrial.errors import ALSO_CALLED, unknown
    from seedtrial.models import ARCHITECTURES, Conv, architecture_named
    from seedtrial.runs.settings import settings as settings_of

    word = architecture if architecture not in ARCHITECTURES else None
    settings = settings_of(architecture_named(architecture) if architecture and word is None else Conv)
    if architecture is None:
        settings = [each for each in settings if not each.path.startswith("model.")]
    elif word:
        models = (each for kind in ARCHITECTURES.values() for each in settings_of(kind))
        every = dict.fromkeys([*settings, *(each for each in models if each.path.startswith("model."))])
        wanted = {word.lower(), ALSO_CALLED.get(word.lower(), word).lower()}
        settings = [each for each in every if wanted & {each.path, *_words(f"{each.path} {each.meaning}")}]
        if not settings:
            raise unknown("architecture, and no setting with the word", word, ARCHITECTURES)
    if as_json:
        return printing.show_json({"settings": [asdict(each) for each in settings]})
    rows = printing.table("setting", "default", "example", "meaning")
    rows.columns[1].max_width, rows.columns[2].max_width = DEFAULT, EXAMPLE
    for each in settings:
        of = f" (of {', '.join(each.of)})" if each.of else ""
        unit = f" ({each.unit})" if each.unit else ""
        rows.add_row(each.path + of, each.usual, each.example, f"{each.meaning}. Takes {each.values}{unit}.")
    printing.show(rows)
    if architecture is None or word:
        known = ", ".join(ARCHITECTURES)
        printing.show(f"Settings of an architecture: seedtrial settings ARCHITECTURE, one of {known}.")
    else:
        printing.show(f"Example: seedtrial train {architecture} --set '{settings[0].path}={settings[0].example}'")


def _words(text: str) -> list[str]:
    """The words of names and sentences, and names that are made of several."""
    return re.findall(r"[a-z0-9]+", text.lower()) + re.findall(r"\w+", text.lower())
