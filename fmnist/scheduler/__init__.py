"""Learning-rate schedules: pure functions of the training's progress p ∈ [0, 1] to a factor on the learning rate."""
