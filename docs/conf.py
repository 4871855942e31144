"""The site of the documents, built by Sphinx: `make docs`."""

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
