"""From overrides to a config, and from a config group to the object it describes."""
