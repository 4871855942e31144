"""The site of the documents, built by Sphinx: `make docs`."""

import re

from seedtrial import __version__

project, release = "seedtrial", __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["examples"]
html_theme = "furo"
html_title = "seedtrial"
html_copy_source = False
html_extra_path = ["reports/quickstart.html"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
autodoc_typehints = "description"
autodoc_member_order = "bysource"
# pydantic's own members say nothing about a specification.
autodoc_default_options = {"members": True, "undoc-members": False, "exclude-members": "model_config"}
# Docstrings are plain text in columns, not markup; they are shown as they are in `seedtrial` and an editor.
suppress_warnings = ["myst.xref_missing", "autodoc", "docutils"]


def columns_as_lists(app, what, name, thing, options, lines):  # type: ignore[no-untyped-def]
    """Arguments stand in docstrings as `name:  text` in columns; on the page each becomes an item of a list."""
    item = False
    for number, line in enumerate(lines):
        match = re.fullmatch(r"(\w+(?:, \w+)*): +(\S.*)", line)
        if match and not line.startswith(("Source:", "Sources:")):
            lines[number], item = f"- **{match[1]}**: {match[2]}", True
        elif item and line.startswith("  "):
            lines[number] = "  " + line.strip()
        else:
            item = False


def setup(app):  # type: ignore[no-untyped-def]
    app.connect("autodoc-process-docstring", columns_as_lists)
