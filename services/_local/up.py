"""Brings the mesh up: stores, schemas, services, edge, and a first reservation as proof."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping

from services._local import control, credentials, demo, health, logs, people, plan, ports, rotation, state, stores
from services._local.command import Command
from services._local.layout import Layout, MeshError, read_json, say, write_json
from services._local.topology import DATABASE, IDENTITY, RATELIMIT, Topology, listeners, services

WAIT_SECONDS = 45.0
GIVE_UP_RESTARTS = 3


def up(layout: Layout) -> None:
    """Starts what does not run yet, waits until all of it serves, and shows that it does.

    On a mesh that runs it changes only what differs from the checkout. Raises `MeshError` when a part does not
    come up, after stopping what it started.
    """
    began = time.monotonic()
    layout.prepare()
    with layout.locked():
        running = state.load(layout.state).supervised
        if not running and control.stop(layout):
            say("Stopped what a killed supervisor had left running.")
        try:
            topology = _topology(layout, running=running)
            count = _start(topology)
            verb = "was running already and still is" if running else "is"
            say(f"The mesh {verb} SERVING: {count} parts after {time.monotonic() - began:.1f} s.\n")
            demo.tell(people.welcome(topology.endpoints()["edge"], layout.credentials), layout.credentials)
        except BaseException:
            if not running:
                control.stop(layout)
            raise
    _point_the_way(topology)


def _topology(layout: Layout, *, running: bool) -> Topology:
    names = services()
    saved = read_json(layout.ports, {})
    chosen = ports.choose(listeners(names), saved, edge=_edge_port(), seed=str(layout.folder), running=running)
    write_json(layout.ports, chosen)
    return Topology(
        layout,
        chosen,
        credentials.load(layout.secrets, names),
        names,
        postgres=os.environ.get("MESH_POSTGRES_DSN", ""),
        redis=os.environ.get("MESH_REDIS_URL", ""),
    )


def _edge_port() -> int | None:
    wanted = os.environ.get("MESH_EDGE_PORT", "")
    if wanted and not (wanted.isdecimal() and 0 < int(wanted) < 65536):
        raise MeshError(f"MESH_EDGE_PORT={wanted} is not a port")
    return int(wanted) if wanted else None


def _start(topology: Topology) -> int:
    """Brings all parts up and returns how many there are."""
    layout = topology.layout
    base = topology.store_parts()
    others = [part for part in plan.load(layout.plan) if part.stage is not plan.Stage.STORE]
    control.apply(layout, [*base, *others])
    _wait(layout, base)
    if not topology.postgres:
        asyncio.run(stores.create_database(base[0].check, DATABASE))
    _run(
        layout,
        "services._platform.migrate",
        environment={
            "MESH_POSTGRES_ADMIN_DSN": topology.postgres_url,
            "MESH_ROLE_PASSWORDS": json.dumps(dict(topology.credentials.roles)),
        },
    )
    _run(
        layout,
        "services.identity.bootstrap",
        environment=topology.environment(IDENTITY) | people.bootstrap_environment(people.passwords(layout.credentials)),
    )
    _run(layout, "services.ratelimit.bootstrap", environment=topology.environment(RATELIMIT))
    source = layout.edge / "topology.json"
    write_json(source, topology.edge())
    _run(layout, "gateway", "--topology", str(source), "--out", str(layout.edge))
    parts = (*base, *topology.outside_parts(), *topology.service_parts(), topology.edge_part())
    control.apply(layout, parts)
    _wait(layout, parts)
    rotation.wait(layout, {part.address for part in topology.service_parts()}, WAIT_SECONDS)
    write_json(layout.endpoints, topology.endpoints())
    return len(parts)


def _wait(layout: Layout, parts: tuple[plan.Part, ...]) -> None:
    """Returns when every part is healthy. Raises `MeshError` when one takes too long or ends again and again."""
    deadline = time.monotonic() + WAIT_SECONDS
    before = state.load(layout.state).processes
    checks = {part.name: part.check for part in parts}
    while reasons := health.failures(checks, seconds=1.0):
        now = state.load(layout.state).processes
        ending = [name for name in reasons if _restarts(now, name) - _restarts(before, name) >= GIVE_UP_RESTARTS]
        if ending:
            raise MeshError("\n".join(_complaint(layout, name, "ends again and again") for name in ending))
        if time.monotonic() > deadline:
            raise MeshError("\n".join(_complaint(layout, name, reason) for name, reason in reasons.items()))
        checks = {name: checks[name] for name in reasons}


def _restarts(processes: Mapping[str, state.Process], name: str) -> int:
    return processes[name].restarts if name in processes else 0


def _run(layout: Layout, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Runs a module to its end. Raises `MeshError` when it fails."""
    name = module.rpartition(".")[2]
    command = Command((sys.executable, "-m", module, *arguments), layout.folder, environment or {})
    with layout.log(name).open("ab") as output:
        done = subprocess.run(
            command.argv,
            cwd=command.cwd,
            env=command.full_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode != 0:
        raise MeshError(_complaint(layout, name, f"ended with {done.returncode}"))


def _complaint(layout: Layout, name: str, reason: str) -> str:
    return "\n".join([f"{name}: {reason}. The end of {layout.log(name)}:", *logs.last_lines(layout, name)])


def _point_the_way(topology: Topology) -> None:
    layout = topology.layout
    say(f"\nEdge       {topology.endpoints()['edge']}  (JSON, gRPC and gRPC-Web)")
    for service, targets in topology.targets().items():
        say(f"{service:<10} {', '.join(targets)}  (gRPC)")
    say(f"Endpoints  {layout.endpoints}\nSign in    {layout.credentials}\nLogs       {layout.logs}")
    say("Next       make status, make logs, make down")
