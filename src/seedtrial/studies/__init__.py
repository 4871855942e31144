"""The built-in studies, one file each; its docstring gives question, command, expected time and result."""
