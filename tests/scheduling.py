"""Which worker runs which test: those that share one mesh are run by one worker, and first.

What `--dist loadgroup` is for; but pytest-xdist 3.8 writes its groups into an attribute that pytest 9.2 no longer
reads, and so groups nothing.
"""

import re

from xdist.scheduler import LoadScopeScheduling

TOGETHER = re.compile(r"tests/system/|tests/contract/test_laws\.py::test_law\[mesh\.\w+|tests/contract/test_")
"""What shares a mesh: the tests of one, the laws over one area."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Scopes are single tests, but for those that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        shared = TOGETHER.match(nodeid)
        return shared.group() if shared else nodeid
