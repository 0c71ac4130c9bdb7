"""One BLAS thread per process: the matrices of the tests are small, and pytest runs several processes."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
