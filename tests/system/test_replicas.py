"""Replicas die and are replaced under load, and no caller of the edge notices."""

import asyncio

import grpc

from mesh.inventory.v1.stock_service_pb2 import WatchStockRequest, WatchStockResponse
from tests.inventory.conftest import Inventory, Refused, refusal_of
from tests.system.mesh import REPLICAS, Mesh, run
from tests.system.traffic import assert_kept, traffic


async def test_a_killed_replica_costs_no_call(mesh: Mesh) -> None:
    """Reads, and writes with and without a request id: the edge repeats what was under way, and nothing is doubled."""
    async with traffic(mesh) as calls:
        for name in REPLICAS * 2:
            await calls.history.more(50)
            mesh.kill(name)
            await calls.history.more(100)
            await asyncio.to_thread(mesh.settle)
    assert calls.history.failed == []
    await assert_kept(mesh, calls.history)


async def test_a_rolling_restart_costs_no_call_and_streams_go_on(mesh: Mesh) -> None:
    """A replica that drains ends its streams with a status that says so; the token resumes at the other one."""
    before = {mesh.process(name) for name in REPLICAS}
    async with traffic(mesh) as calls:
        product, warehouse = await calls.inventory.stocked("watched", "watched", 1)
        watch = Watch(calls.inventory, product)
        await watch.start()
        await calls.history.more(50)
        restart = asyncio.create_task(asyncio.to_thread(run, mesh.layout, "restart"))
        level = 1
        while not restart.done():
            level += 1
            await calls.inventory.adjust(product, warehouse, "SET", level)
            await watch.until(level)
        assert restart.result().returncode == 0, restart.result().stderr
        await calls.history.more(50)
    assert before.isdisjoint({mesh.process(name) for name in REPLICAS})
    assert calls.history.failed == []
    # What was committed just before a watch begins may still be seen by it; nothing after that is lost or repeated.
    assert watch.seen[-(level - 1) :] == list(range(2, level + 1))
    assert watch.seen[: -(level - 1)] in ([], [1])
    assert {(end.code, end.reason) for end in watch.ends} == {("UNAVAILABLE", "SERVICE_UNAVAILABLE")}
    await assert_kept(mesh, calls.history)


class Watch:
    """Follows a product, over the ends of streams."""

    def __init__(self, inventory: Inventory, product: str) -> None:
        self.seen: list[int] = []
        """Units on hand, in the order told."""
        self.ends: list[Refused] = []
        self._stock = inventory.stock
        self._product = product
        self._token = ""

    async def start(self) -> None:
        """Opens the stream; what happens from now on is seen."""
        request = WatchStockRequest(products=[self._product], resume_token=self._token)
        self._stream = self._stock.WatchStock(request)
        await self._read()

    async def until(self, on_hand: int) -> None:
        """Reads until this level is told."""
        while self.seen[-1:] != [on_hand]:
            try:
                await self._read()
            except grpc.aio.AioRpcError as error:
                self.ends.append(refusal_of(error))
                await self.start()

    async def _read(self) -> None:
        message = await self._stream.read()
        assert isinstance(message, WatchStockResponse)
        self._token = message.resume_token
        if message.HasField("stock_level"):
            self.seen.append(message.stock_level.on_hand)
