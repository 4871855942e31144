"""The page to try a network, in two forms: answered by the server that sent it, or by itself (`offline.py`)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from seedtrial import __version__
from seedtrial.report.html import render
from seedtrial.serving.decision import Decision

SHOWN = ("answer.js", "camera.js", "try.js")  # after what answers
SERVED = {"try.css": "text/css"} | dict.fromkeys(("remote.js", *SHOWN), "text/javascript")  # beside the page itself


@dataclass(frozen=True)
class Embedded:
    """What a page has in it so that it needs no server.

    script: JavaScript of the page
    data:   id -> text that the script looks up, JSON or base64
    module: a JavaScript module that compiles WebAssembly, if there is one

    >>> Embedded("let a;", {}).policy("p { color: red }").split("; ")[0]
    "default-src 'none'"
    """

    script: str
    data: Mapping[str, str]
    module: str = ""

    def policy(self, style: str) -> str:
        """The Content-Security-Policy: these scripts and this style, pictures of the user, and no address anywhere."""
        scripts = _hash(self.script) + (f" {_hash(self.module)} 'wasm-unsafe-eval'" if self.module else "")
        return (
            f"default-src 'none'; script-src {scripts}; style-src {_hash(style)}; img-src data: blob:; "
            "media-src blob:; base-uri 'none'; form-action 'none'"
        )


def page(description: Mapping[str, Any], inside: Embedded | None = None) -> str:
    """The page as HTML.

    description: of the bundle (bundle.json)
    inside:      what answers in the page itself; None: the server does
    """
    style, familiar, decision = file("try.css"), description["familiar"], Decision.of(description)
    context = {
        "model": description["model"],
        "source": description["trained_on"]["source"],
        "accuracy": description["accuracy"],
        "paper": "white" if familiar and familiar["mean"][0] > 127.5 else "black",
        "threshold": 100 * decision.threshold,
        "acceptance": decision.acceptance,
        "answering": decision.acceptance.sentences() if decision.acceptance else [],
        "version": __version__,
        "served": [name for name in SERVED if name.endswith(".js")],
        "policy": inside.policy(style) if inside else None,
        "style": style,
        "inside": inside,
    }
    return render("serving/templates/try.html", context)


def file(name: str) -> str:
    """The text of a file in `templates`.

    >>> "The page to try a network" in file("try.js")
    True
    """
    return (resources.files("seedtrial.serving") / "templates" / name).read_text(encoding="utf-8")


def as_data(value: Any) -> str:
    r"""A value as JSON that may stand in a page: no tag can begin in it.

    >>> as_data("</script>")
    '"\\u003c/script>"'
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
