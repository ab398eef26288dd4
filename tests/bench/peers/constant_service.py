"""A service that answers one RPC with the same bytes at once: `python -m tests.bench.peers.constant_service PORT`.

What is in front of it is measured, so it does as little as a server of ours can.
"""

import sys

import grpc
import uvloop
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from mesh.inventory.v1.reservation_pb2 import Reservation, ReservationLine

SERVICE, RPC = "mesh.inventory.v1.ReservationService", "CreateReservation"
LINES = 5


def reservation() -> Reservation:
    """What it answers."""
    lines = [ReservationLine(product=f"products/bench-{number}", quantity=1) for number in range(LINES)]
    return Reservation(name="reservations/00000000-0000-4000-8000-000000000000", order="orders/1", lines=lines)


async def main(port: int) -> None:
    """Serves until it is ended."""
    answer = reservation().SerializeToString()

    async def create(_request: bytes, _context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        return answer

    server = grpc.aio.server()
    alive = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(alive, server)
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(create)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {RPC: handler}),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    for name in ("", SERVICE, "mesh.inventory.v1.ProductService"):
        await alive.set(name, health_pb2.HealthCheckResponse.SERVING)
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
