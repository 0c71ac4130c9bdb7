"""From a config group to the object it describes."""
