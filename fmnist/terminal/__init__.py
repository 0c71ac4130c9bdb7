"""What a person reads at the terminal: lines, tables and errors."""
