"""The verb `play`. Heavy imports stand inside, so that --help is instant."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedtrial.cli.options import RUNS, DataDir, RunsFolder, Settings, expanded
from seedtrial.errors import SeedtrialError, needs_extra

if TYPE_CHECKING:
    from seedtrial.data.dataset import DataSpec
    from seedtrial.human.session import Rules, Sessions
    from seedtrial.human.store import Store

    Start = Callable[[Callable[[], Sessions]], None]  # begins to play what a function makes

LOOPBACK = "127.0.0.1"


class ModeName(StrEnum):
    """What a player learns after each answer."""

    learn = "learn"
    blind = "blind"


def play(
    data: Annotated[str, typer.Option("--data", help="a built-in data set, a folder or a file")] = "fashion-mnist",
    images: Annotated[int, typer.Option("--images", help="test images to answer")] = 1000,
    player: Annotated[str | None, typer.Option("--player", metavar="NAME", help="the player's nickname")] = None,
    mode: Annotated[
        ModeName, typer.Option("--mode", help="learn: the answer after each image; blind: at the end")
    ] = ModeName.learn,
    seed: Annotated[int, typer.Option("--seed", help="which images, in which order; the same for all players")] = 0,
    web: Annotated[bool, typer.Option("--web", help="serve the game to a browser")] = False,
    show: Annotated[bool, typer.Option("--open", help="with --web: open it in the browser")] = False,
    host: Annotated[str, typer.Option("--host", help="with --web: where to listen")] = LOOPBACK,
    port: Annotated[int, typer.Option("--port", help="with --web: port; 0 takes a free one")] = 0,
    token: Annotated[
        str | None,
        typer.Option("--token", help="with --web: secret of the players; needed with another --host"),
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE.csv", help="write all answers", callback=expanded)
    ] = None,
    votes: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FILE.csv",
            help="import a crowd's votes: a test image per line, a class per column",
            callback=expanded,
        ),
    ] = None,
    forget: Annotated[
        str | None, typer.Option("--forget", metavar="PLAYER", help="remove a player and all their answers")
    ] = None,
    settings: Settings = None,
    runs: RunsFolder = RUNS,
    data_dir: DataDir = None,
) -> None:
    """Label test images yourself, in a terminal or a browser.

    Each answer is saved at once, and the same command continues the game. The game is about images, so it has no mode
    for screen readers.
    """
    from seedtrial.human.store import NAME, Store

    store = Store(runs / NAME)
    try:
        if export is not None:
            _export(store, export)
        if votes is not None:
            _import(votes, runs, _spec(data, settings or []), data_dir)
        if forget is not None:
            _forget(store, forget)
        if export is not None or votes is not None or forget is not None:
            return
        rules = _rules(mode, seed, images)
        if not web:
            _refuse_stray(open=show, host=host != LOOPBACK, port=port != 0, token=token is not None)
        start = _browser(player, host, port, token, show) if web else _terminal(player)
        start(lambda: _sessions(store, rules, data, settings or [], data_dir))
    except KeyboardInterrupt:
        typer.echo("Stopped. Every answer is saved; the same command continues from here.", err=True)
    finally:
        store.close()


def _export(store: "Store", out: Path) -> None:
    from seedtrial.human import export
    from seedtrial.words import counted

    typer.echo(f"{counted(export.write_answers(store, out), 'answer')}: {out}")


def _import(votes: Path, runs: Path, data: "DataSpec", data_dir: Path | None) -> None:
    from seedtrial.data.dataset import facts
    from seedtrial.human.crowd import read_votes, save_votes

    known = facts(data, data_dir=data_dir)
    path = save_votes(read_votes(votes, known.classes, known.test), runs, known.fingerprint)
    typer.echo(f"Votes on {known.test:,} images: {path}; `seedtrial people` shows them.")


def _forget(store: "Store", player: str) -> None:
    from seedtrial.words import counted

    typer.echo(f"Forgotten: {player} and {counted(store.forget(player), 'answer')}.")


def _refuse_stray(**given: bool) -> None:
    """Options of the server mean nothing in the terminal; whoever gives one expects something else."""
    stray = next((name for name, is_given in given.items() if is_given), None)
    if stray is not None:
        raise SeedtrialError(f"--{stray} is for --web; without that the game is played in this terminal.")


def _rules(mode: ModeName, seed: int, images: int) -> "Rules":
    from seedtrial.human.session import Rules

    if images < 1:
        raise SeedtrialError(f"--images takes at least 1, not {images}.")
    if not 0 <= seed < 2**63:
        raise SeedtrialError(f"--seed takes a number from 0 to 2**63 - 1, not {seed}.")
    return Rules(mode.value, seed, images)


def _spec(data: str, settings: list[str]) -> "DataSpec":
    """Which images, by settings that have the names that they have in a recipe."""
    from seedtrial.data.dataset import DataSpec
    from seedtrial.spec import Spec, override

    class Wanted(Spec):
        data: DataSpec

    return override(Wanted(data=DataSpec(source=data)), settings).data


def _sessions(store: "Store", rules: "Rules", data: str, settings: list[str], data_dir: Path | None) -> "Sessions":
    """The images to label, from the test part, whose opening goes into the ledger."""
    from seedtrial.data.dataset import load
    from seedtrial.data.readers import built_in_readers
    from seedtrial.data.seal import Ledger
    from seedtrial.files import make_folder
    from seedtrial.human.records import LabelledData
    from seedtrial.human.session import Material, Sessions

    store.datasets()  # a damaged file is reported before the test set is opened
    dataset = load(_spec(data, settings), data_dir=data_dir)
    # The last part of a path alone: where someone keeps files is nobody's business.
    name = data if data in built_in_readers() else Path(data).resolve().name
    folder = make_folder(store.path.parent)
    ledger = Ledger(folder, "play")
    test = dataset.test.open(ledger, f"for people to label ({rules.mode}, seed {rules.seed})")
    ours = ledger.path(dataset.facts.fingerprint)
    typer.echo(f"The test images of {name} are open for people to label, as {ours} now records.", err=True)
    facts = LabelledData(dataset.facts.fingerprint, name, dataset.classes, len(test))
    return Sessions(store, Material(facts, test.images, test.labels), rules)


def _browser(player: str | None, host: str, port: int, token: str | None, show: bool) -> "Start":
    """A function that serves the game. Mistakes are reported before any data are read."""
    with needs_extra("The game in a browser", "play"):
        from seedtrial.human.server import ServerSettings, serve_game
    from seedtrial.human.session import nickname

    address = ServerSettings(host, port, token, None if player is None else nickname(player))

    def ready(port: int) -> None:
        link = address.link(port)
        typer.echo(f"Open {link}", err=True)
        if address.is_public and address.player is not None:  # whoever has the first link plays as that player
            typer.echo(f"Others open {address.link(port, invites=True)}", err=True)
        typer.echo("Ctrl-C ends the server; every answer is kept.", err=True)
        if address.is_public:
            typer.echo("Other machines can connect. What they send is not encrypted.", err=True)
        if show:
            typer.launch(link)

    return lambda sessions: serve_game(sessions, address, ready)


def _terminal(player: str | None) -> "Start":
    """A function that plays in this terminal. Mistakes are reported before any data are read."""
    from seedtrial.human.session import nickname
    from seedtrial.human.terminal import Screen, play

    screen = Screen.here()
    name = nickname(player if player is not None else typer.prompt("Nickname"))

    def start(make: Callable[[], "Sessions"]) -> None:
        sessions = make()
        number = sessions.store.player(name) or sessions.store.add_player(name) or sessions.store.player(name)
        assert number is not None
        typer.echo(play(sessions, number, name, screen))

    return start
