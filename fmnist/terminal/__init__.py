"""What the user sees in the terminal: lines, tables, errors."""
