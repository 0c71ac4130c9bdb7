"""python benchmarks/child.py CORES COMMAND…: run a command on so many cores (0: all), print its seconds and peak MB.

A small process of its own, for a program's peak counts the memory of the process that started it.
"""

import json
import resource
import subprocess
import sys
import time

from cores import pin

pin(int(sys.argv[1]))
begin = time.perf_counter()
done = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=sys.stderr, check=False)
seconds = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"seconds": seconds, "peak_mb": peak / 1e6}))
sys.exit(done.returncode)
