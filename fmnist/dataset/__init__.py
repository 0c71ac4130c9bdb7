"""Where the examples come from: one file per data set."""
