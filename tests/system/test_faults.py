"""Everything that the mesh stands on is killed under load: it says so, recovers by itself, and loses nothing.

What was acknowledged is there afterwards; what failed with a request id settles when it is sent again.
"""

import asyncio
from collections.abc import Callable

from tests.conftest import eventually
from tests.system.mesh import REPLICAS, SUPERVISOR, Mesh, run
from tests.system.traffic import Traffic, assert_kept, traffic

CALLS = 20
HONEST = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}


async def test_without_postgres_nothing_serves(mesh: Mesh) -> None:
    async with traffic(mesh, callers=1) as calls:
        await calls.history.more(CALLS)
        with mesh.without("postgres"):
            await complains(mesh, lambda of: of.keys() >= {"postgres", *REPLICAS})
            assert {mesh.complaints()[name] for name in REPLICAS} == {"NOT_SERVING"}
            assert not_serving(mesh)
        await recovered(mesh, calls)
    assert set(calls.history.failed) <= HONEST
    await assert_kept(mesh, calls.history)


async def test_without_redis_everything_serves(mesh: Mesh) -> None:
    """It makes things faster, and holds nothing. The dependency has a health of its own."""
    async with traffic(mesh, callers=1) as calls:
        await calls.history.more(CALLS)
        with mesh.without("redis"):
            await complains(mesh, lambda of: of.keys() == {"redis"})
            assert not_serving(mesh)
            await calls.history.more(CALLS)
        await recovered(mesh, calls)
    assert calls.history.failed == []
    await assert_kept(mesh, calls.history)


async def test_without_the_edge_services_serve(mesh: Mesh) -> None:
    async with traffic(mesh, callers=1) as calls:
        await calls.history.more(CALLS)
        with mesh.without("envoy"):
            await complains(mesh, lambda of: of.keys() == {"envoy"})
            assert not_serving(mesh)
        await recovered(mesh, calls)
    await assert_kept(mesh, calls.history)


async def test_without_the_supervisor_everything_serves(mesh: Mesh) -> None:
    """But nobody would restart what dies, so the mesh does not call itself SERVING; `up` puts it right."""
    async with traffic(mesh, callers=1) as calls:
        await calls.history.more(CALLS)
        mesh.kill(SUPERVISOR)
        await complains(mesh, lambda of: of.keys() == {SUPERVISOR})
        assert not_serving(mesh)
        await calls.history.more(CALLS)
        assert calls.history.failed == []
        assert (await asyncio.to_thread(run, mesh.layout, "up")).returncode == 0
        await recovered(mesh, calls)
    await assert_kept(mesh, calls.history)


async def complains(mesh: Mesh, expected: Callable[[dict[str, str]], bool]) -> None:
    """Waits until the health checks say what is expected."""

    async def said() -> bool:
        return expected(await asyncio.to_thread(mesh.complaints))

    await eventually(said, 30)


def not_serving(mesh: Mesh) -> bool:
    """Whether `make status` says so, in words and by its exit code."""
    shown = run(mesh.layout, "status")
    return (shown.returncode, shown.stdout.splitlines()[-1]) == (1, "NOT_SERVING")


async def recovered(mesh: Mesh, calls: Traffic) -> None:
    """Returns when all is well again, and the calls whose outcome is unknown are settled."""
    await asyncio.to_thread(mesh.settle)
    await calls.history.more(CALLS)
    await calls.settle()
