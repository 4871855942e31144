"""The built-in studies, one file each; the docstring says question, command, expected minutes and result."""
