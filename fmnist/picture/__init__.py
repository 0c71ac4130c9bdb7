"""Pictures of data sets, networks and runs. One file per picture: a function from plain data to a `Figure`."""
