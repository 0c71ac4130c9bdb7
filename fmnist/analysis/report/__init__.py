"""report.html: what is shown comes from Python as plain data (`content`), how it is shown from the files beside it."""
