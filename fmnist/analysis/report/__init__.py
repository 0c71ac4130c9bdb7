"""report.html: `page_data` is what is shown, as plain data; the scripts and the style sheet beside it show it."""
