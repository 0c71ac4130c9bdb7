"""Learning-rate schedules: pure functions from the training's progress p ∈ [0, 1] to a factor on the learning rate."""
