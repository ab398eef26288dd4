"""Which worker runs which test: those of the whole mesh share one mesh, so one worker runs them all, and first.

What `--dist loadgroup` is for; but pytest-xdist 3.8 writes its groups into an attribute that pytest 9.2 no longer
reads, and so groups nothing.
"""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = "tests/system/"


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Scopes are single tests, but for the folder whose tests stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else nodeid
