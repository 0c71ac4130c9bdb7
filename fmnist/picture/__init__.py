"""Pictures of data sets, networks and runs. One file per picture: a function from plain figures to a `Figure`."""
