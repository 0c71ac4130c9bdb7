"""One BLAS thread per process: the matrices of the tests are small, and pytest runs several processes.

Without wandb, but for the tests of it.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["WANDB_MODE"] = "disabled"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes start; each would compile the source again
