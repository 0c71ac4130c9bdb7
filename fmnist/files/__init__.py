"""Files on disk: written atomically, locked, cached, read as plain data."""
