"""Where the metrics of a run go beside the files in its folder."""
