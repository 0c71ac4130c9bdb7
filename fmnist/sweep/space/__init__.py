"""The space that is searched: dimensions, values, conditions."""
