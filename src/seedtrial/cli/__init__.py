"""The command line: one file per group of verbs, without logic of its own."""
