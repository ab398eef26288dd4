"""The whole local mesh under test: run as a person would, called as a script would, killed as nobody should."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from services._local import health, loopback, plan, ports, rotation, state
from services._local.layout import CHECKOUT, Layout
from tests.conftest import Backends, Database

SUPERVISOR = "supervisor"
REPLICAS = ("inventory-1", "inventory-2")

_EJECTION = 2.5
"""Seconds. Longer than the edge leaves a replica out for calls that failed."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """A mesh in a folder of its own."""

    layout: Layout

    @property
    def edge(self) -> str:
        """The URL of the edge, from where scripts have it."""
        return str(json.loads(self.layout.endpoints.read_text())["edge"])

    @property
    def target(self) -> str:
        """HOST:PORT of the edge."""
        return self.edge.removeprefix("http://")

    def token(self) -> str:
        """A new access token of the shop manager's."""
        known = json.loads(self.layout.credentials.read_text())
        body = {"email": known["user_email"], "password": known["user_password"]}
        device = {"deviceToken": known["user_device_token"]}
        code, answer = loopback.call(f"{self.edge}/v1/sessions", json.dumps(body | device).encode(), seconds=10)
        assert code == 200, answer
        return str(json.loads(answer)["tokens"]["accessToken"])

    def headers(self) -> dict[str, str]:
        """What the shop manager's calls carry."""
        return {"authorization": f"Bearer {self.token()}"}

    @property
    def ports(self) -> frozenset[int]:
        """Every port that it takes."""
        return frozenset(json.loads(self.layout.ports.read_text()).values())

    @property
    def database(self) -> Database:
        """The mesh's database, for the superuser's eyes."""
        checks = {part.name: part.check for part in plan.load(self.layout.plan)}
        return Database(Backends(checks["postgres"], checks["redis"], {}), "mesh")

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its parts."""
        return tuple(part.name for part in plan.load(self.layout.plan))

    def process(self, name: str) -> psutil.Process:
        """The process of a part, or of the supervisor."""
        now = state.load(self.layout.state)
        known = now.supervisor if name == SUPERVISOR else now.processes.get(name)
        process = known and known.find()
        assert process, f"{name} does not run"
        return process

    def kill(self, name: str) -> None:
        """Ends a part as the kernel does when memory is short."""
        self.process(name).kill()

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Kills a part, and lets the supervisor notice only at the end of the block."""
        supervisor = self.process(SUPERVISOR)
        supervisor.suspend()
        try:
            self.kill(name)
            yield
        finally:
            supervisor.resume()

    def complaints(self) -> dict[str, str]:
        """What `make status` would complain of, by part; empty when all is SERVING."""
        reasons = health.failures({part.name: part.check for part in plan.load(self.layout.plan)})
        return reasons if state.load(self.layout.state).supervised else reasons | {SUPERVISOR: "dead"}

    def in_rotation(self) -> bool:
        """Whether the edge sends calls to every replica."""
        replicas = {part.address for part in plan.load(self.layout.plan) if part.stage is plan.Stage.SERVICE}
        return rotation.addresses(self.layout) >= replicas

    def settle(self, seconds: float = 30.0) -> None:
        """Returns when all is SERVING, and the edge knows.

        For longer than the edge ejects a replica: it may still have to notice that one died and came back at once.
        """
        began = steady = time.monotonic()
        while time.monotonic() - steady < _EJECTION:
            if (complaints := self.complaints()) or not self.in_rotation():
                steady = time.monotonic()
            assert time.monotonic() - began < seconds, f"not settled: {complaints or 'the edge leaves a replica out'}"
            time.sleep(0.05)


def run(
    layout: Layout, command: str, *, python: Sequence[str] = (sys.executable,), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command of the local mesh as a person would; `python` may be another person's."""
    environment = os.environ | {"MESH_EDGE_PORT": ""} | variables
    argv = [*python, "-m", "services._local", command, "--folder", str(layout.folder)]
    return subprocess.run(argv, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=90, check=False)


@contextmanager
def running(folder: Path) -> Iterator[Mesh]:
    """A mesh that is up while the block lasts."""
    layout = Layout(folder / ".mesh")
    try:
        started = run(layout, "up", MESH_EDGE_PORT=str(free_port("edge")))
        assert started.returncode == 0, started.stderr
        yield Mesh(layout)
    finally:
        run(layout, "down")


def free_port(purpose: str) -> int:
    """A port for a purpose."""
    return ports.choose(["any"], {}, edge=None, seed=f"{purpose} {os.getpid()}")["any"]
