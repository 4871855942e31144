"""The report: one self-contained HTML page drawn from run folders."""
