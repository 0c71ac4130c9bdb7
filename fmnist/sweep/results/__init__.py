"""What a sweep leaves behind, on the terminal and on disk."""
