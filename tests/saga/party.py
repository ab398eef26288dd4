"""A participant of sagas: a real server, whose effects are rows of a table of its own and can be counted.

Each call of `Act` for a thing does what the test has put in line for that thing, and succeeds when nothing is.
"""

import asyncio
import subprocess
import sys
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from clients.contract import IMAGE
from services.saga.plan import contract
from services.saga.plan.contract import Contract

SECRET = "s3cret"  # noqa: S105
SERVICE = "mesh.party.v1.PartyService"
_TABLE = """
CREATE SCHEMA IF NOT EXISTS party;
CREATE TABLE IF NOT EXISTS party.effect (
    request_id text PRIMARY KEY, what text, order_id text, amount int, name text UNIQUE, undone_by text
)"""


def party_contract(folder: Path) -> Contract:
    """The mesh's contract with the participant's."""
    return contract.read(party_image(folder))


def party_image(folder: Path) -> Path:
    """The descriptor image of that contract."""
    out = folder / "party.binpb"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--descriptor_set_in={IMAGE}", "--include_imports"]
    command += [f"--proto_path={Path(__file__).parent}", f"--descriptor_set_out={out}", "party.proto"]
    subprocess.run(command, check=True)
    image = FileDescriptorSet.FromString(IMAGE.read_bytes())
    known = {file.name for file in image.file}
    image.file.extend(file for file in FileDescriptorSet.FromString(out.read_bytes()).file if file.name not in known)
    (folder / "mesh.binpb").write_bytes(image.SerializeToString())
    return folder / "mesh.binpb"


@dataclass
class Party:
    """The participant. What is put in line for a thing is done by its next calls, in order:

    `refuse CODE`: refused, without effect. `lose`: done, but the answer is lost. `drop`: not done, the answer is lost.
    `late SECONDS`: the caller hears nothing in time, and it is done after so long. `hold`: waits for `release`.
    """

    contract: Contract
    pool: asyncpg.Pool
    script: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    calls: list[tuple[str, str]] = field(default_factory=list)
    """What was asked, and by which request id, in order."""
    release: asyncio.Event = field(default_factory=asyncio.Event)
    _late: set[asyncio.Task[None]] = field(default_factory=set)

    def then(self, what: str, *behaviours: str) -> None:
        """Puts behaviours in line for a thing; `undo pay` is the compensation of `pay`."""
        self.script[what].extend(behaviours)

    async def standing(self, order: str) -> list[str]:
        """What was done for an order and not undone, in the order of names; each once, for every time it was done."""
        rows = await self.pool.fetch(
            "SELECT what FROM party.effect WHERE order_id = $1 AND undone_by IS NULL ORDER BY what", order
        )
        return [row["what"] for row in rows]

    async def done(self, order: str) -> list[str]:
        """All that was ever done for an order, undone or not."""
        rows = await self.pool.fetch("SELECT what FROM party.effect WHERE order_id = $1 ORDER BY what", order)
        return [row["what"] for row in rows]

    async def act(self, raw: bytes, context: Any) -> bytes:
        request: Any = self.contract.message("mesh.party.v1.ActRequest").FromString(raw)
        self.calls.append((request.what, request.request_id))
        await self._behave(request.what, context, lambda: self._do(request))
        return self._reply(f"acts/{request.request_id}", request.what, request.amount)

    async def undo(self, raw: bytes, context: Any) -> bytes:
        request: Any = self.contract.message("mesh.party.v1.UndoRequest").FromString(raw)
        what = await self.pool.fetchval("SELECT what FROM party.effect WHERE name = $1", request.name)
        self.calls.append((f"undo {what}", request.request_id))
        await self._behave(f"undo {what}", context, lambda: self._undo(request))
        return self._reply(request.name, what, 0)

    async def look(self, raw: bytes, context: Any) -> bytes:
        request: Any = self.contract.message("mesh.party.v1.LookRequest").FromString(raw)
        self.calls.append(("look", ""))
        await self._behave("look", context, _nothing)
        return self._reply("acts/none", request.order, 7)

    async def _behave(self, what: str, context: Any, effect: Any) -> None:
        behaviour, _, detail = (self.script[what].popleft() if self.script[what] else "do").partition(" ")
        match behaviour:
            case "do":
                await effect()
            case "refuse":
                await context.abort(grpc.StatusCode[detail], f"{what} is refused")
            case "lose":
                await effect()
                await context.abort(grpc.StatusCode.UNAVAILABLE, "the answer is lost")
            case "drop":
                await context.abort(grpc.StatusCode.UNAVAILABLE, "the request is lost")
            case "late":
                task = asyncio.create_task(_later(float(detail), effect))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
                await asyncio.Event().wait()
            case "hold":
                await self.release.wait()
                await effect()
            case _:
                raise AssertionError(behaviour)

    async def _do(self, request: Any) -> None:
        values = (request.request_id, request.what, request.order, request.amount, f"acts/{request.request_id}")
        await self.pool.execute("INSERT INTO party.effect VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", *values)

    async def _undo(self, request: Any) -> None:
        by = await self.pool.fetchval(
            "UPDATE party.effect SET undone_by = coalesce(undone_by, $2) WHERE name = $1 RETURNING undone_by",
            request.name,
            request.request_id,
        )
        assert by == request.request_id, "undone twice, or what was not done"

    def _reply(self, name: str, what: str, amount: int) -> bytes:
        reply: Any = self.contract.message("mesh.party.v1.Deed")(name=name, what=what, amount=amount, secret=SECRET)
        return bytes(reply.SerializeToString())


@asynccontextmanager
async def serving_party(contract: Contract, dsn: str) -> AsyncIterator[tuple[Party, str]]:
    """A participant on a port of its own; yields it and its target."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool:
        await pool.execute(_TABLE)
        party = Party(contract, pool)
        server = grpc.aio.server()
        kinds = {"Act": party.act, "Undo": party.undo, "Look": party.look}
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            name: grpc.unary_unary_rpc_method_handler(handler) for name, handler in kinds.items()
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        alive = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(alive, server)
        await alive.set("", health_pb2.HealthCheckResponse.SERVING)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            yield party, f"ipv4:127.0.0.1:{port}"
        finally:
            await server.stop(grace=None)


async def _later(seconds: float, effect: Any) -> None:
    await asyncio.sleep(seconds)
    await effect()


async def _nothing() -> None:
    return None
