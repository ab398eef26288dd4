"""The state: what the supervisor runs at the moment, in a file that outlives it.

A process is known by its pid and the time it started, so that a pid which meanwhile belongs to another program is
never taken for ours.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import psutil

from services._local.layout import read_json, write_json

PRECISION = 0.05


class Phase(StrEnum):
    """How a supervised process stands."""

    RUNNING = "RUNNING"
    BACKOFF = "BACKOFF"
    """It ended, and waits to be started again."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process as the supervisor started it."""

    pid: int
    started: float
    """Seconds since the machine booted: unlike the time of day, the same whenever it is asked for."""
    phase: Phase = Phase.RUNNING
    restarts: int = 0

    @classmethod
    def of(cls, pid: int, restarts: int = 0) -> "Process":
        """The process that has the pid now."""
        try:
            return cls(pid, _started(psutil.Process(pid)), restarts=restarts)
        except psutil.NoSuchProcess:
            return cls(pid, 0.0, restarts=restarts)

    def find(self) -> psutil.Process | None:
        """The process, if it still runs."""
        try:
            found = psutil.Process(self.pid)
            same = abs(_started(found) - self.started) < PRECISION
        except psutil.NoSuchProcess:
            return None
        return found if same and not ended(found) else None


@dataclass(frozen=True, slots=True)
class State:
    """The supervisor, the plan it has carried out (a digest), and its processes by name."""

    supervisor: Process | None = None
    plan: str = ""
    processes: Mapping[str, Process] = field(default_factory=dict)

    @property
    def supervised(self) -> bool:
        """Whether the supervisor is alive."""
        return self.supervisor is not None and self.supervisor.find() is not None


def ended(process: psutil.Process) -> bool:
    """Whether a process is over, be it that its parent has not asked for its exit code yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _started(process: psutil.Process) -> float:
    return process.create_time() - psutil.boot_time()


def save(path: Path, state: State) -> None:
    """Writes the state."""
    write_json(path, asdict(state))


def load(path: Path) -> State:
    """The state that was written last; empty when there is none."""
    saved: dict[str, Any] = read_json(path, None) or {}
    supervisor = saved.get("supervisor")
    return State(
        supervisor=_process(**supervisor) if supervisor else None,
        plan=saved.get("plan", ""),
        processes={name: _process(**process) for name, process in saved.get("processes", {}).items()},
    )


def _process(pid: int, started: float, phase: str, restarts: int) -> Process:
    return Process(pid, started, Phase(phase), restarts)
