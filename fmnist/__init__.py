"""Neural networks from first principles, in NumPy; every choice is a Hydra config group."""

__version__ = "0.1.0"
