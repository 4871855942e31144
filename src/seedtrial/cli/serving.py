"""The verbs that use a network: export, predict, serve. Heavy imports stand inside, so that --help is instant."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedtrial.cli.asking import ANY, AS_EXPORTED, Answering, NetworkChoice
from seedtrial.cli.options import Json, Open, expanded, out_option
from seedtrial.errors import SeedtrialError, needs_extra

if TYPE_CHECKING:
    from seedtrial.serving.predictor import Predictor

SOME_SKIPPED = 3  # exit code
NetworkArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN|STUDY|BUNDLE", help="a run, the beginning of its name, or a study; with --page also a bundle"
    ),
]


def export(
    network: NetworkArgument,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR|FILE.zip", help="the bundle to write", callback=expanded)
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE.html", help="a page that runs the network offline", callback=expanded),
    ] = None,
    ensemble: Annotated[bool, typer.Option("--ensemble", help="all seeds of the recipe as one network")] = False,
    answering: Answering = AS_EXPORTED,
    int8: Annotated[bool, typer.Option("--int8", help="add a graph quantised to 8 bits")] = False,
    force: Annotated[bool, typer.Option("--force", help="keep the 8-bit graph even if it loses accuracy")] = False,
    choice: NetworkChoice = ANY,
    as_json: Json = False,
) -> None:
    """Export a network: a folder with ONNX graph, weights, model card and a script that needs no seedtrial.

    With --page, one HTML page that runs the network in a browser.
    """
    from seedtrial.cli import printing
    from seedtrial.serving.decision import Decision
    from seedtrial.serving.export import export as write

    if out is None and page is None:
        raise SeedtrialError(
            "Say what to write: --out DIR or --out FILE.zip for a bundle, --page FILE.html for a page."
        )
    if _means_bundle(network):
        if not answering.is_usual:
            raise SeedtrialError(f"{network} answers as it was exported; export the run again to change that.")
        if ensemble or int8 or force or as_json or choice != ANY:
            raise SeedtrialError(
                f"{network} is a bundle already; of a bundle, --page FILE.html is all that is written."
            )
        return _page_of_bundle(Path(network).expanduser(), out, page)
    picked = choice.chosen(network, ensemble=ensemble)
    description = write(
        picked, out, page=page, data_dir=choice.data_dir, int8=int8, force=force, **answering.settings()
    )
    if as_json:
        written = {"bundle": out and str(out), "page": page and str(page)}
        return printing.show_json(written | description)
    parity = description["parity"]
    scores = [f"{split} {100 * each['accuracy']:.2f} %" for split, each in description["accuracy"].items()]
    printing.show(
        f"{picked.why}",
        f"Correct: {', '.join(scores) or 'not measured'}.",
        f"The ONNX graph gives the same answer as the network on {100 * parity['equal_answers']:.2f} % of "
        f"{parity['images']:,} {parity['split']} images; "
        f"probabilities differ by {parity['largest_difference']:.1e} at most.",
        *Decision.of(description).sentences(),
        *([f"Bundle: {out}"] if out else []),
        *([_page_line(page, description["engine"])] if page else []),
    )


def _page_of_bundle(bundle: Path, out: Path | None, page: Path | None) -> None:
    """The page of a network that was exported before."""
    from seedtrial.cli import printing
    from seedtrial.serving.bundle import bundle_at, checked, read_description
    from seedtrial.serving.offline import offline_page

    if out is not None or page is None:
        raise SeedtrialError(f"{bundle} is a bundle already; from a bundle, only --page FILE.html can be written.")
    bundle = bundle_at(bundle)
    description = read_description(bundle)
    model, sample = (checked(bundle, description, name) for name in ("model.onnx", "sample.png"))
    offline = offline_page(model, sample, description)
    offline.write(page)
    printing.show(_page_line(page, offline.engine))


def _page_line(page: Path, engine: str) -> str:
    return f"Page: {page} ({page.stat().st_size / 1e6:.1f} MB, the network runs by {engine})"


def predict(
    network: Annotated[str, typer.Argument(metavar="RUN|STUDY|BUNDLE", help="a run, a study, or an exported network")],
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE...", help="files, folders, .npz or .csv files")],
    top: Annotated[int, typer.Option("--top", min=1, help="classes to show per picture")] = 1,
    answering: Answering = AS_EXPORTED,
    like: Annotated[
        str | None,
        typer.Option("--like", metavar="DATA", help="prepare photographs like this data set: fashion-mnist"),
    ] = None,
    truth: Annotated[bool, typer.Option("--truth", help="folder names or labels are the true classes")] = False,
    out: Annotated[Path | None, out_option("none; .csv, .json or .parquet")] = None,
    sort: Annotated[
        Path | None, typer.Option("--sort", metavar="DIR", help="copy pictures into class folders", callback=expanded)
    ] = None,
    show: Annotated[
        Path | None,
        typer.Option(
            "--show",
            metavar="FILE.html",
            help="page with each picture as the network saw it",
            callback=expanded,
        ),
    ] = None,
    choice: NetworkChoice = ANY,
    as_json: Json = False,
) -> None:
    """Classify pictures with a trained network."""
    from seedtrial.cli import printing, serving_tables
    from seedtrial.files import check_output
    from seedtrial.report.html import PAGES
    from seedtrial.serving import predict as predicting
    from seedtrial.serving.inputs import pictures as pictures_of
    from seedtrial.words import counted

    predictor, about, learnt_from = _answering(network, choice, answering)
    sources = [path.expanduser() for path in pictures]
    if truth and any(path.resolve().name == learnt_from for path in sources):
        about += [f"The network learnt from '{learnt_from}': on these pictures it does better than on new ones."]
    if out is not None:
        predicting.check_answers_file(out, sources)  # before the work begins
    if show is not None:
        check_output(show, "--show", *PAGES)
    prepare = None
    if like is not None:
        from seedtrial.serving.photo import preparation

        prepare = preparation(like, predictor.shape)
    with printing.ticking("predicting") as tick:
        rows, skipped = predicting.predict(pictures_of(sources, predictor), predictor, prepare=prepare, tick=tick)
    if out is not None:
        predicting.write_rows(rows, predictor.classes, out)
    if show is not None:
        from seedtrial.serving import page

        page.write_answers_page(rows, predictor.classes, show)
    copied = predicting.sort(rows, sort) if sort is not None else 0
    serving_tables.show_answers(rows, skipped, predictor, about=about, top=top, truth=truth, as_json=as_json)
    if not as_json:
        if out is not None:
            printing.show(f"Answers: {out}")
        if show is not None:
            printing.show(f"Page: {show}")
        if sort is not None:
            printing.show(f"Copied {counted(copied, 'picture')} into {sort}.")
    raise typer.Exit(SOME_SKIPPED if skipped else 0)


def _answering(network: str, choice: NetworkChoice, answering: Answering) -> tuple["Predictor", list[str], str]:
    """What answers, an exported network or one from its run; what the user may want to know about that; and the name
    of the data that it learnt from.
    """
    from seedtrial.serving.bundle import Bundle

    if _means_bundle(network):
        bundle = Bundle.load(network)
        decision = answering.of_bundle(bundle)
        learnt_from = str(bundle.description.get("trained_on", {}).get("source", ""))
        return replace(bundle.predictor, decision=decision), decision.sentences(), learnt_from
    from seedtrial.serving.of_run import predictor

    picked = choice.chosen(network)
    network_of_run = predictor(picked.runs[0], data_dir=choice.data_dir)
    decision = answering.of_runs(picked.runs, network_of_run.temperature)
    learnt_from = Path(picked.runs[0].recipe.data.source).name
    return replace(network_of_run, decision=decision), [picked.why, *decision.sentences()], learnt_from


def _means_bundle(network: str) -> bool:
    """Whether a name is that of a bundle, or of a .zip that should be one."""
    from seedtrial.serving.bundle import bundle_at, is_bundle

    path = bundle_at(Path(network).expanduser())
    return is_bundle(path) or path.suffix.lower() == ".zip"


def serve(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="what `seedtrial export` wrote", callback=expanded)],
    host: Annotated[str, typer.Option("--host", help="where to listen")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="port; 0 takes a free one")] = 0,
    token: Annotated[
        str | None, typer.Option("--token", help="secret that requests must carry; needed with another --host")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="processes that answer", show_default="one a core, up to 4")
    ] = None,
    show: Open = False,
) -> None:
    """Serve a network over HTTP: POST a picture to /predict, or open the page and drop one."""
    with needs_extra("Serving", "serve"):
        from seedtrial.serving.server import Address, serve_bundle
        from seedtrial.serving.workers import usual_workers
    from seedtrial.serving.bundle import Bundle

    address = Address(host, port, token)

    def ready(link: str) -> None:
        typer.echo(f"Open {link} or POST a PNG or JPEG file to {link.split('#')[0]}predict; Ctrl-C ends it.", err=True)
        if show:
            typer.launch(link)

    count = usual_workers() if workers is None else workers
    serve_bundle(Bundle.load(bundle, threads=1), address, workers=count, ready=ready)
