"""Which worker runs which test, and when: those that share one mesh are run by one worker, and first.

What `--dist loadgroup` is for; but pytest-xdist 3.8 writes its groups into an attribute that pytest 9.2 no longer
reads, and so groups nothing.
"""

import re
import sys
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

from services._local.ports import POOL

TOGETHER = re.compile(r"tests/system/|tests/contract/test_laws\.py::test_law\[mesh\.\w+")
"""What shares a mesh: the tests of one, the laws over one area."""
SETS, AN_AREA = "tests/contract/test_sets.py", "tests/contract/test_laws.py::test_law[mesh.inventory"
"""The sets, and the laws that they come with: a mesh that was ended is not started anew for them."""


MOSTLY_WAITING = "tests/system/"
"""What takes longest, and waits for most of it."""


_WATCHES = Path("/proc/sys/fs/inotify/max_user_instances")
_WATCHES_OF_A_WORKER = 12
"""An Envoy takes three inotify instances and dies without; a worker keeps up to four Envoys."""


def workers(cores: int, watches: int) -> int:
    """How many test workers to start, as long as there are inotify instances for all.

    Half as many again as there are cores: now and then a test waits for what it has killed to come back.
    """
    return max(1, min(cores + cores // 2, watches // _WATCHES_OF_A_WORKER))


def watches() -> int:
    """How many inotify instances a user may have."""
    return int(_WATCHES.read_text()) if _WATCHES.exists() else sys.maxsize


def ports_of(worker: str, of: int) -> str:
    """A range of ports for each worker (`gw0` is the first of so many), as the meshes that it starts are told it.

    Two that look for free ports at the same moment would find the same.
    """
    each = len(POOL) // of
    first = POOL.start + int(worker.removeprefix("gw")) % of * each
    return f"{first}-{first + each - 1}"


def turn(nodeid: str) -> int:
    """When a test has its turn: what is long and cannot be divided is begun first, or would be left at the end."""
    return 0 if nodeid.startswith(MOSTLY_WAITING) else 1 if TOGETHER.match(nodeid) else 2


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Scopes are single tests, but for those that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(SETS):
            return AN_AREA
        shared = TOGETHER.match(nodeid)
        return shared.group() if shared else nodeid
