"""A light, steady load through the edge that remembers every call, and the check that the mesh remembers them too."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import grpc
import httpx
from google.rpc import code_pb2

from mesh.inventory.v1.reservation_service_pb2 import CreateReservationRequest
from mesh.inventory.v1.stock_service_pb2 import GetStockRequest
from tests.callers import AuthorizedChannel
from tests.conftest import Clock, eventually
from tests.inventory.conftest import Inventory
from tests.system.mesh import Mesh

ENOUGH = 100_000_000
PAUSE, PAUSE_AFTER_FAILURE = 0.005, 0.1
DEADLINE = 10.0
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A reservation that was asked for. Its order is unique, so that the mesh's rows can be told apart."""

    order: str
    quantity: int
    request_id: str
    """Empty when the caller sent none."""


@dataclass
class History:
    """What the callers have seen so far."""

    product: str
    warehouse: str
    asked: dict[str, Asked] = field(default_factory=dict)
    """By order."""
    granted: dict[str, str] = field(default_factory=dict)
    """The names of the reservations that were acknowledged, by order."""
    reads: int = 0
    failed: list[str] = field(default_factory=list)
    """The code of each call that failed, or the error of its connection."""

    @property
    def promised(self) -> int:
        """Units that are acknowledged to be held."""
        return sum(self.asked[order].quantity for order in self.granted)

    async def more(self, calls: int = 200) -> None:
        """Waits for so many more answers, writes and reads each."""
        writes, reads = len(self.granted) + calls, self.reads + calls

        async def came() -> bool:
            return len(self.granted) >= writes and self.reads >= reads

        await eventually(came, 60)


class FailedError(Exception):
    """A JSON call was not answered with 200."""


class Traffic:
    """Callers of every kind: JSON and gRPC; reads, and writes with and without a request id."""

    def __init__(self, http: httpx.AsyncClient, inventory: Inventory, history: History) -> None:
        self.history = history
        self._http = http
        self.inventory = inventory
        self._numbers = itertools.count()
        self._run = uuid.uuid4().hex[:8]
        self.kinds: tuple[Callable[[], Awaitable[None]], ...] = (
            self._json_write,
            self._json_write_by_id,
            self._grpc_write_by_id,
            self._json_read,
            self._grpc_read,
        )

    async def repeat(self, kind: Callable[[], Awaitable[None]], ending: asyncio.Event) -> None:
        """Calls until the end. What fails is remembered."""
        while not ending.is_set():
            failures = len(self.history.failed)
            try:
                await kind()
            except grpc.aio.AioRpcError as error:
                self.history.failed.append(error.code().name)
            except (httpx.HTTPError, FailedError) as error:
                self.history.failed.append(str(error) or type(error).__name__)
            await asyncio.sleep(PAUSE_AFTER_FAILURE if len(self.history.failed) > failures else PAUSE)

    async def settle(self) -> None:
        """Sends again every write by id whose outcome is not known, as its caller would."""
        for asked in tuple(self.history.asked.values()):
            if asked.request_id and asked.order not in self.history.granted:
                await self._post(asked)

    async def _json_write(self) -> None:
        await self._post(self._ask(""))

    async def _json_write_by_id(self) -> None:
        await self._post(self._ask(str(uuid.uuid4())))

    async def _grpc_write_by_id(self) -> None:
        asked = self._ask(str(uuid.uuid4()))
        stub = self.inventory.reservations
        held = await stub.CreateReservation(CreateReservationRequest(**self._body(asked)), timeout=DEADLINE)
        self.history.granted[asked.order] = held.name

    async def _json_read(self) -> None:
        promised = self.history.promised
        totals = _body_of(await self._http.get(f"/v1/{self.history.product}/stock"))["totals"]
        self._read(promised, totals["onHand"], totals["reserved"], totals["available"])

    async def _grpc_read(self) -> None:
        promised, request = self.history.promised, GetStockRequest(name=f"{self.history.product}/stock")
        totals = (await self.inventory.stock.GetStock(request, timeout=DEADLINE)).totals
        self._read(promised, totals.on_hand, totals.reserved, totals.available)

    def _read(self, promised: int, on_hand: int, reserved: int, available: int) -> None:
        """A read sees at least what was acknowledged before it began, and at most what was asked for when it ended."""
        assert on_hand == reserved + available == ENOUGH
        assert promised <= reserved <= sum(asked.quantity for asked in self.history.asked.values())
        self.history.reads += 1

    def _ask(self, request_id: str) -> Asked:
        number = next(self._numbers)
        asked = Asked(f"{self._run}/{number}", 1 + number % 3, request_id)
        self.history.asked[asked.order] = asked
        return asked

    def _body(self, asked: Asked) -> Json:
        line = {"product": self.history.product, "warehouse": self.history.warehouse, "quantity": asked.quantity}
        return {"lines": [line], "order": asked.order} | ({"request_id": asked.request_id} if asked.request_id else {})

    async def _post(self, asked: Asked) -> None:
        answer = await self._http.post("/v1/reservations", json=self._body(asked))
        self.history.granted[asked.order] = _body_of(answer)["name"]


def _body_of(answer: httpx.Response) -> Json:
    if answer.status_code != 200:
        raise FailedError(code_pb2.Code.Name(answer.json()["code"]))
    return dict(answer.json())


@asynccontextmanager
async def traffic(mesh: Mesh, callers: int = 2) -> AsyncIterator[Traffic]:
    """Calls while the block lasts, with so many callers of each kind, about a product of their own."""
    ending = asyncio.Event()
    async with (
        httpx.AsyncClient(base_url=mesh.edge, headers=mesh.headers(), timeout=DEADLINE, trust_env=False) as http,
        grpc.aio.insecure_channel(mesh.target) as channel,
    ):
        inventory = Inventory(cast("grpc.aio.Channel", AuthorizedChannel(channel, mesh.token())), Clock())
        id_ = f"t-{uuid.uuid4().hex[:8]}"
        calls = Traffic(http, inventory, History(*await inventory.stocked(id_, id_, ENOUGH)))
        async with asyncio.TaskGroup() as tasks:
            for kind in calls.kinds * callers:
                tasks.create_task(calls.repeat(kind, ending))
            try:
                yield calls
            finally:
                ending.set()


async def assert_kept(mesh: Mesh, history: History) -> None:
    """What was granted is there, once; what is there was asked for; stock and ledger say the same."""
    async with mesh.database.connect() as sql:
        rows = await sql.fetch(
            """
            SELECT 'reservations/' || reservation_id AS name, order_name, sum(quantity)::int AS quantity
            FROM reservation JOIN reservation_line USING (reservation_id)
            WHERE 'products/' || product_id = $1 AND state = 1
            GROUP BY reservation_id, order_name
            """,
            history.product,
        )
        reserved = await sql.fetchval(
            "SELECT sum(reserved)::int FROM stock_level WHERE 'products/' || product_id = $1", history.product
        )
    by_order = {row["order_name"]: row for row in rows}
    assert len(by_order) == len(rows), "an order was reserved twice"
    assert {order: by_order[order]["name"] for order in history.granted} == history.granted
    unknown = by_order.keys() - history.granted.keys()
    assert not [order for order in unknown if history.asked[order].request_id], "replays did not settle these"
    assert all(row["quantity"] == history.asked[order].quantity for order, row in by_order.items())
    assert reserved == sum(row["quantity"] for row in rows)
    if not history.failed:
        assert not unknown
    async with grpc.aio.insecure_channel(mesh.target) as channel:
        await Inventory(cast("grpc.aio.Channel", AuthorizedChannel(channel, mesh.token())), Clock()).assert_balanced()
