"""Draws the figures of docs/convolution.md and fills its table of sizes; all numbers come from seedtrial's layers.

python docs/draw_convolution.py           write
python docs/draw_convolution.py --check   say what is out of date, and fail
"""

import re
import sys
from pathlib import Path

from convolution_example import drawings
from seedtrial.files import make_folder
from seedtrial.models.chain import Chain
from seedtrial.report.drawing import svg

DOCS = Path(__file__).parent
PAGE = DOCS / "convolution.md"
SIDE = 28  # pixels of an image's side in the table


def sizes() -> str:
    """The table: what each layer makes of an image's side, as the layers say."""
    rows = ["| layer | rule | side after it |", "|---|---|---:|"]
    for k in (3, 5):
        for padding, rule in (("valid", f"n − k + 1 = {SIDE} − {k} + 1"), ("same", f"n = {SIDE}")):
            chain = Chain((1, SIDE, SIDE))
            chain.conv(1, k, padding=padding)  # type: ignore[arg-type]
            rows.append(f"| {k}×{k} convolution, {padding} | {rule} | {chain.shape[-1]} |")
    for s in (2, 3):
        chain = Chain((1, SIDE, SIDE))
        chain.pool("max", s)
        rows.append(f"| {s}×{s} pooling | ⌊n / s⌋ = ⌊{SIDE} / {s}⌋ | {chain.shape[-1]} |")
    return "\n".join(rows)


def made() -> dict[Path, str]:
    """Every file with what belongs in it."""
    files = {
        DOCS / "images" / "convolution" / f"{name}.svg": alone(svg(figure, title=title)) + "\n"
        for name, (figure, title) in drawings().items()
    }
    text = PAGE.read_text(encoding="utf-8")
    table = f"<!-- sizes -->\n\n{sizes()}\n\n<!-- end -->"
    files[PAGE] = re.sub(r"<!-- sizes -->.*?<!-- end -->", lambda _: table, text, flags=re.DOTALL)
    return files


def alone(drawing: str) -> str:
    """A drawing as a file of its own, where no page gives it a font."""
    return drawing.replace("<svg ", '<svg font-family="sans-serif" ', 1)


def main() -> None:
    """Write, or check."""
    files = made()
    if "--check" in sys.argv[1:]:
        old = [
            path.name for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        sys.exit(f"Out of date: {', '.join(old)}; run python docs/draw_convolution.py." if old else 0)
    for path, text in files.items():
        make_folder(path.parent)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
