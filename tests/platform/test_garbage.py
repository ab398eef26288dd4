"""What a server has when it begins to serve is never walked again."""

import subprocess
import sys

_PROGRAM = """
import gc
from services._platform.server import run
from services._platform.garbage import collect_less
started = len(gc.get_objects())
collect_less()
assert gc.get_freeze_count() >= 0.9 * started, (gc.get_freeze_count(), started)
assert len(gc.get_objects()) < 0.1 * started, len(gc.get_objects())
loop = []
loop.append(loop)
del loop
assert gc.collect() == 1
"""


def test_the_heap_of_the_start_is_left_alone_and_garbage_is_still_found() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
