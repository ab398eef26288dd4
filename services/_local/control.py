"""Starts the supervisor, hands it plans, and stops everything, whether the supervisor still lives or not."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from itertools import groupby

import psutil

from services._local import plan, state, supervisor
from services._local.command import Command
from services._local.layout import Layout, MeshError

APPLY_SECONDS = 90.0  # longer than all stages may take to stop
POLL_SECONDS = 0.02


def apply(layout: Layout, parts: Iterable[plan.Part]) -> None:
    """Makes the parts the ones that run. Returns when they are started, and those not among them stopped."""
    plan.save(layout.plan, parts)
    now = state.load(layout.state)
    if process := now.supervisor and now.supervisor.find():
        process.send_signal(signal.SIGHUP)
    else:
        _start(layout)
    wanted = supervisor.digest(layout)
    _until(lambda: (now := state.load(layout.state)).plan == wanted or not now.supervised, APPLY_SECONDS)
    if state.load(layout.state).plan != wanted:
        raise MeshError(f"the supervisor does not start; see {layout.log('supervisor')}")


def stop(layout: Layout) -> bool:
    """Stops every process of the mesh: the edge, then the services, then the stores. False if none ran."""
    now = state.load(layout.state)
    leader = now.supervisor and now.supervisor.find()
    if leader:
        leader.terminate()
        _gone(leader, APPLY_SECONDS)
    # What a supervisor that was killed left behind.
    left = _stop_orphans(plan.load(layout.plan), state.load(layout.state))
    for path in (layout.state, layout.plan):
        path.unlink(missing_ok=True)
    return bool(leader or left)


def restart(layout: Layout, part: plan.Part) -> None:
    """Ends a process, which the supervisor then starts again. Raises `MeshError` when no other one follows."""
    before = state.load(layout.state).processes.get(part.name)
    process = before and before.find()
    if not before or not process or not part.command:
        raise MeshError(f"{part.name} does not run; see `make status`")
    process.send_signal(part.command.stop_signal)
    _gone(process, part.command.stop_seconds)

    def replaced() -> bool:
        return state.load(layout.state).processes[part.name].pid not in (0, before.pid)

    _until(replaced, APPLY_SECONDS)
    if not replaced():
        raise MeshError(f"{part.name} is not started again; see {layout.log('supervisor')}")


def _start(layout: Layout) -> None:
    command = Command((sys.executable, "-m", "services._local.supervisor", str(layout.folder)), cwd=layout.folder)
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        command.argv[0],
        command.argv,
        command.full_environment(),
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(layout.log("supervisor")), append, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    state.save(layout.state, state.State(supervisor=state.Process.of(pid)))


def _process(part: plan.Part, now: state.State) -> psutil.Process | None:
    known = now.processes.get(part.name)
    return known.find() if known else None


def _stop_orphans(parts: Iterable[plan.Part], now: state.State) -> bool:
    """Stage by stage, as a supervisor does; the processes of a stage end side by side."""
    found = False
    last_first = sorted(parts, key=lambda part: part.stage, reverse=True)
    for _, stage in groupby(last_first, key=lambda part: part.stage):
        running = [(process, part.command) for part in stage if part.command and (process := _process(part, now))]
        for process, command in running:
            process.send_signal(command.stop_signal)
        for process, command in running:
            _gone(process, command.stop_seconds)
        found = found or bool(running)
    return found


def _gone(process: psutil.Process, seconds: float) -> None:
    _until(lambda: state.ended(process), seconds)
    if not state.ended(process):
        process.kill()
        _until(lambda: state.ended(process), seconds)


def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
