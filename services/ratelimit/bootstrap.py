"""Limits a new mesh: `python -m services.ratelimit.bootstrap [FILE]`.

Reads what the rate limiter itself reads. A limit that has ever been written, or deleted, is left as it is: from then
on it is its operators' to change.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from mesh.ratelimit.v1 import rate_limit_pb2
from services._platform.call import Once
from services._platform.clock import system_clock
from services._platform.settings import Settings, from_environment
from services._platform.stores import open_stores
from services.ratelimit.__main__ import NAME
from services.ratelimit.convert import limit_file
from services.ratelimit.convert import limits as convert
from services.ratelimit.domain.refusals import RateLimitExists
from services.ratelimit.store.limits import Limits

ACTOR = "bootstrap"
_LAST_VERSION = 2**62


async def ensure_limits(settings: Settings, file: Path) -> None:
    """Creates the limits of a file that have never been written. Raises the first refusal."""
    proposed = limit_file.read(file)
    async with open_stores(NAME, settings, system_clock) as stores:
        limits = Limits(stores.pool, stores.units)
        for limit in proposed:
            if not await limits.versions(limit.id, _LAST_VERSION, 1):
                once = Once("", ACTOR, ACTOR, b"", rate_limit_pb2.RateLimit, convert.limit)
                with suppress(RateLimitExists):  # somebody else was quicker
                    await limits.create(limit, ACTOR, once)


def main() -> None:
    """Limits the mesh that the environment names by the file that the command names."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else limit_file.SHIPPED
    asyncio.run(ensure_limits(from_environment(Settings), file))


if __name__ == "__main__":
    main()
