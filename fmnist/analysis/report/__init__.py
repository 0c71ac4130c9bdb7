"""report.html: page_data.py gathers what is shown, as plain data; the scripts and the style sheet beside it show it."""
