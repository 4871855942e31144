"""The tutorial works as it stands: its commands run in their order, from drawn pictures to a page on a phone."""

import re
import shlex
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chromium import browse  # noqa: F401  a fixture
from command_line import Shell

TEXT = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.browser
def test_the_commands_of_the_tutorial_run_in_their_order(
    shell: Shell,
    browse: Page,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = {}
    for language, block in re.findall(r"^```(python|sh)\n(.*?)^```", TEXT, flags=re.M | re.S):
        if language == "python" and "def study" in block:
            Path("mine.py").write_text(block, encoding="utf-8")
        elif language == "python":
            exec(compile(block, "tutorial.md", "exec", dont_inherit=True), {})
        else:
            for command in block.splitlines():
                words = [word for word in shlex.split(command) if word != "--open"]
                answered = shell(*words[1:])
                assert answered.code == 0, f"{command}: {answered.err}"
                said[command] = answered.out
    assert {len(list(Path("shapes", name).iterdir())) for name in ("circle", "cross", "square", "star")} == {100}
    assert "conv beats dense: supported." in said["seedtrial run mine.py"]
    assert "This is conv, the best recipe of the study" in said["seedtrial predict mine.py shapes/star --truth"]
    browse.set_viewport_size({"width": 360, "height": 740})
    browse.goto(Path("shapes.html").absolute().as_uri())
    expect(browse.locator("#about")).to_have_text("5 classes: circle, cross, square, star, triangle.")
    picture = "shapes/star/003.png"
    browse.set_input_files("#file", picture)
    (answer,) = re.findall(rf"{picture} +(\w+) +(\S+ %)", shell("predict", "mine.py", picture).out)
    expect(browse.locator("#answer")).to_have_text(", ".join(answer))
    assert browse.evaluate("document.documentElement.scrollWidth") <= 360
