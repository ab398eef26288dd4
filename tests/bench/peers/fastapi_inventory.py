"""The peer: reservations as a plain, good FastAPI endpoint on asyncpg, one transaction a request.

    uvicorn --factory tests.bench.peers.fastapi_inventory:app

It knows its callers as inventory does, by the same verified and remembered tokens, and writes what inventory writes,
in inventory's tables: the level with its check, the reservation, its lines, their movements, an event, and the answer
under the caller's key. BENCH_POSTGRES_DSN and BENCH_POOL say where, BENCH_JWKS which keys sign tokens.
"""

import hashlib
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import asyncpg
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from clients import contract
from services._platform import jwks, sql
from services._platform.access_token import AccessTokens
from services._platform.clock import system_clock
from services._platform.errors import Unauthenticated
from services._platform.jwks import FixedKeys

Q = sql.load("tests.bench.peers", "reserve")
METHOD, PERMISSION = "POST /v1/reservations", "inventory.reserve"

Quantity = Annotated[int, Field(ge=1, le=100_000_000)]


class Model(BaseModel):
    """JSON in lowerCamelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Line(Model):
    """Units of a product in a warehouse."""

    product: Annotated[str, Field(pattern=r"^products/[a-z0-9][a-z0-9-]{0,62}$")]
    quantity: Quantity
    warehouse: Annotated[str, Field(pattern=r"^warehouses/[a-z0-9][a-z0-9-]{0,62}$")]

    @property
    def key(self) -> tuple[str, str]:
        """Product and warehouse, as ids."""
        return self.product.removeprefix("products/"), self.warehouse.removeprefix("warehouses/")


class Order(Model):
    """What is to be held."""

    lines: Annotated[list[Line], Field(min_length=1, max_length=100)]
    order: Annotated[str, Field(max_length=200)] = ""
    ttl_seconds: Annotated[int, Field(ge=1, le=604_800)] = 3600
    request_id: uuid.UUID


class Reservation(Model):
    """What is held."""

    name: str
    order: str
    lines: list[Line]
    state: str = "RESERVATION_STATE_HELD"
    expire_time: datetime
    create_time: datetime
    update_time: datetime


class OutOfStock(Exception):
    """A line asks for more than there is."""


def app() -> FastAPI:
    """The application; its pool lives as long as it does."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        size = int(os.environ["BENCH_POOL"])
        # Without the reset, which would cost every request a round trip: sessions here carry no state.
        async with asyncpg.create_pool(
            os.environ["BENCH_POSTGRES_DSN"], min_size=size, max_size=size, reset=_nothing
        ) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)
    tokens = AccessTokens(FixedKeys(jwks.read(os.environ["BENCH_JWKS"])), contract.roles(), system_clock)

    async def caller(authorization: Annotated[str, Header()] = "") -> str:
        try:
            principal = await tokens.principal(authorization.removeprefix("Bearer "))
        except Unauthenticated as error:
            raise HTTPException(401, detail=error.message) from error
        if not principal.may(PERMISSION):
            raise HTTPException(403, detail=f"this call needs the permission {PERMISSION}")
        return principal.name

    @app.post("/v1/reservations")
    async def create(order: Order, request: Request, caller: Annotated[str, Depends(caller)]) -> Response:
        pool: asyncpg.Pool = request.app.state.pool
        digest = hashlib.blake2b(order.model_dump_json(exclude={"request_id"}).encode(), digest_size=16).digest()
        try:
            reply = await _reserve(pool, order, caller, digest)
        except asyncpg.UniqueViolationError:
            reply = await _replay(pool, order, caller, digest)
        except OutOfStock as error:
            reply = await _replay(pool, order, caller, digest)
            if not reply:
                raise HTTPException(409, detail="out of stock") from error
        return Response(reply, media_type="application/json")

    return app


async def _reserve(pool: asyncpg.Pool, order: Order, caller: str, digest: bytes) -> bytes:
    now = datetime.now(UTC)
    identity = uuid.uuid4()
    reservation = Reservation(
        name=f"reservations/{identity}",
        order=order.order,
        lines=order.lines,
        expire_time=now + timedelta(seconds=order.ttl_seconds),
        create_time=now,
        update_time=now,
    )
    reply = reservation.model_dump_json(by_alias=True).encode()
    lines = sorted((*line.key, line.quantity) for line in order.lines)  # one order of locks for all
    async with pool.acquire() as connection, connection.transaction():
        for line in lines:
            if not await connection.fetchval(Q["take"], *line, now):
                raise OutOfStock
        await connection.execute(
            Q["record"],
            identity,
            order.order,
            reservation.expire_time,
            now,
            *sql.columns(lines, 3),
            reservation.name,
            caller,
            METHOD,
            str(order.request_id),
            digest,
            reply,
        )
    return reply


async def _replay(pool: asyncpg.Pool, order: Order, caller: str, digest: bytes) -> bytes:
    """The first answer; empty when there was none."""
    row = await pool.fetchrow(Q["replay"], METHOD, caller, str(order.request_id))
    if row is not None and row["digest"] != digest:
        raise HTTPException(409, detail="the request id was used with another body")
    return b"" if row is None else bytes(row["reply"])


async def _nothing(_connection: object) -> None:
    return None
