"""Files on disk: written whole, locked, cached, read as plain data."""
