"""Initialisations: the first values of a weight matrix (fan_in, fan_out). Biases start at zero."""
