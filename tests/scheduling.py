"""Which worker runs which test: those that share one mesh are run by one worker, and first.

What `--dist loadgroup` is for; but pytest-xdist 3.8 writes its groups into an attribute that pytest 9.2 no longer
reads, and so groups nothing.
"""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/contract/test_", "tests/system/")


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Scopes are single tests, but for those that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for group in TOGETHER if nodeid.startswith(group)), nodeid)
