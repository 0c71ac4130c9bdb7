"""The study behind a sweep: its queue of trials, and the points that they try."""
