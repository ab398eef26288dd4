"""The same three durable steps as a DBOS workflow: `python -m tests.bench.peers.dbos_sagas PORT DSN TARGET`.

Each POST runs one workflow to its end. A step calls the RPC that a saga's step calls; DBOS records each outcome in
Postgres before the next.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
import uvicorn
from dbos import DBOS, DBOSConfig
from fastapi import FastAPI

from mesh.inventory.v1.reservation_pb2 import ReservationLine
from mesh.inventory.v1.reservation_service_pb2 import CreateReservationRequest
from mesh.inventory.v1.reservation_service_pb2_grpc import ReservationServiceStub

if TYPE_CHECKING:
    from mesh.inventory.v1.reservation_service_pb2_grpc import ReservationServiceAsyncStub


def app(dsn: str, target: str) -> FastAPI:
    """The workflow behind HTTP, at its fastest: the database is its own, the steps are asynchronous."""
    config: DBOSConfig = {
        "name": "sagas",
        "system_database_url": dsn,
        "sys_db_pool_size": 20,
        "log_level": "ERROR",
        "console_log_level": "ERROR",
    }
    DBOS(config=config)
    stubs: list[ReservationServiceAsyncStub] = []

    @DBOS.step()
    async def reserve(order: str) -> str:
        lines = [ReservationLine(product="products/bench-0001", quantity=1)]
        reservation = await stubs[0].CreateReservation(CreateReservationRequest(lines=lines, order=order))
        return str(reservation.name)

    @DBOS.workflow()
    async def saga(order: str) -> str:
        first = await reserve(order)
        second = await reserve(first)
        return await reserve(second)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        DBOS.launch()
        async with grpc.aio.insecure_channel(target) as channel:
            stubs.append(ReservationServiceStub(channel))
            yield
        DBOS.destroy()

    served = FastAPI(lifespan=lifespan)

    @served.post("/sagas")
    async def run() -> dict[str, str]:
        return {"end": await saga("orders/1")}

    @served.get("/health")
    async def health() -> dict[str, str]:
        return {}

    return served


if __name__ == "__main__":
    uvicorn.run(app(*sys.argv[2:]), host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
