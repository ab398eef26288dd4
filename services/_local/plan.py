"""The plan: what shall run. `up` writes it, the supervisor makes it so, `status` checks it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path
from signal import Signals
from typing import Any
from urllib.parse import urlsplit

from services._local.command import Command
from services._local.layout import read_json, write_json


class Stage(IntEnum):
    """Parts start in this order and stop in the opposite one, those of a stage at once."""

    STORE = 0
    OUTSIDE = 1
    """What stands for the outside world that the mesh calls."""
    SERVICE = 2
    EDGE = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the mesh, or a store elsewhere that it uses."""

    name: str
    stage: Stage
    check: str
    """The URL that `health.check` asks; it may hold a password."""
    command: Command | None
    """None for what runs elsewhere."""

    @property
    def address(self) -> str:
        """HOST:PORT, for people."""
        return urlsplit(self.check).netloc.rpartition("@")[2]


def save(path: Path, parts: Iterable[Part]) -> None:
    """Writes the plan."""
    write_json(path, [asdict(part) for part in parts])


def load(path: Path) -> tuple[Part, ...]:
    """The plan; empty when there is none."""
    return tuple(_part(**part) for part in read_json(path, []))


def _part(name: str, stage: int, check: str, command: dict[str, Any] | None) -> Part:
    return Part(name, Stage(stage), check, _command(**command) if command else None)


def _command(argv: list[str], cwd: str, environment: dict[str, str], stop_signal: int, stop_seconds: float) -> Command:
    return Command(tuple(argv), Path(cwd), environment, Signals(stop_signal), stop_seconds)
