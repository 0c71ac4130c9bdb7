"""A run on disk: its folder, what it was made on, and how to load it again."""
