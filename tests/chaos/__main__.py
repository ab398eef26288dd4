"""Kills parts of a mesh at random while it is called, and checks the whole history: `make chaos`.

What kills is seeded, so that a run that finds something can be made again: python -m tests.chaos --seconds 120 --seed 7
"""

import asyncio
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.chaos.command import given, say
from tests.system.mesh import REPLICAS, SUPERVISOR, Mesh, run, running
from tests.system.traffic import Traffic, assert_kept, traffic

VICTIMS = (*REPLICAS, "postgres", "redis", "envoy", SUPERVISOR)
RESTART = "restart"
HARMLESS = {*REPLICAS, "redis", RESTART}
"""These may cost no call, as long as each is over before the next."""
HONEST = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}
CALLS_BETWEEN = 20


async def chaos(mesh: Mesh, seconds: float, dice: random.Random) -> None:
    """Does mischief for so long. Raises `AssertionError` when the history cannot be."""
    until, done = time.monotonic() + seconds, Counter[str]()
    async with traffic(mesh) as calls:
        while time.monotonic() < until:
            mischief = dice.choice((*VICTIMS, RESTART))
            await calls.history.more(dice.randint(1, CALLS_BETWEEN))
            await _do(mesh, mischief, calls)
            done[mischief] += 1
            say(f"{mischief:<12} {len(calls.history.granted)} held, {len(calls.history.failed)} failed")
        await calls.history.more(CALLS_BETWEEN)
        await calls.settle()
    await assert_kept(mesh, calls.history)
    failed = Counter(calls.history.failed)
    assert not {code for code in failed if code.isupper()} - HONEST, failed
    say(f"kept: {len(calls.history.granted)} reservations over {sum(done.values())} faults {dict(done)}")
    say(f"failed and settled, while the edge or Postgres was away: {dict(failed)}")


async def _do(mesh: Mesh, mischief: str, calls: Traffic) -> None:
    """One fault, from its cause until all is well again."""
    before = len(calls.history.failed)
    if mischief == RESTART:
        assert (await asyncio.to_thread(run, mesh.layout, RESTART)).returncode == 0
    else:
        mesh.kill(mischief)
    if mischief == SUPERVISOR:
        assert (await asyncio.to_thread(run, mesh.layout, "up")).returncode == 0
    await calls.history.more(CALLS_BETWEEN)
    await asyncio.to_thread(mesh.settle, 60.0)
    assert mischief not in HARMLESS or len(calls.history.failed) == before, calls.history.failed[before:]


def main() -> None:
    """Runs chaos on a mesh of its own, which is kept when it fails."""
    seconds, seed = given("python -m tests.chaos", __doc__)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    say(f"seed {seed}, {seconds:.0f} s, logs in {folder / '.mesh' / 'logs'}")
    with running(folder) as mesh:
        asyncio.run(chaos(mesh, seconds, random.Random(seed)))  # noqa: S311


if __name__ == "__main__":
    main()
