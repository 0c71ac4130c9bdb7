"""What runs the arithmetic: NumPy as it is written, or loops that Numba has compiled from the same rules."""
