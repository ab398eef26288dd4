"""Ports to listen on, and waiting for what comes of it."""

import socket
import time
from collections.abc import Callable
from random import Random

# Below the ports that the kernel hands out for outgoing connections, and above those of meshes: what is free when it is
# chosen stays free.
_PORTS = range(30_000, 32_000)


def free_port() -> int:
    """A port of the loopback that nothing listens on."""
    for port in Random().sample(_PORTS, len(_PORTS)):  # noqa: S311
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port in {_PORTS}")


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Waits for a condition, and fails with `what` after that many seconds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.01)
