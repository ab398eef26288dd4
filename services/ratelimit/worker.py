"""What the rate limiter does by itself."""

from collections.abc import Sequence

from services._platform.lease import Lease
from services._platform.loops import Loop
from services.ratelimit.store.limiter import Limiter
from services.ratelimit.store.pages import LOOK_EVERY, Pages
from services.ratelimit.store.replicas import BEAT_EVERY, Replicas
from services.ratelimit.store.usage import UsageRecords

_RESUME_EVERY = 0.1
_WRITE_BLOCKS_EVERY = 0.2
_WRITE_USAGE_EVERY = 2.0
_TRIM_EVERY = 60.0


def loops(limiter: Limiter, pages: Pages, replicas: Replicas, records: UsageRecords, tidying: Lease) -> Sequence[Loop]:
    """All of them. Every replica runs each, but for the tidying."""

    async def resume() -> bool:
        await limiter.resume()
        return False

    return [
        Loop("follow-limits", pages.follow, every=LOOK_EVERY),
        Loop("write-blocks", pages.write_blocks, every=_WRITE_BLOCKS_EVERY),
        Loop("resume-ledger", resume, every=_RESUME_EVERY),
        Loop("beat", replicas.beat, every=BEAT_EVERY),
        Loop("write-usage", records.write, every=_WRITE_USAGE_EVERY),
        Loop("trim-usage", records.trim, every=_TRIM_EVERY, lease=tidying),
    ]
