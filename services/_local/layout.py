"""Where the local mesh keeps what it makes: one folder, open to its owner alone."""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]


class MeshError(Exception):
    """The local mesh cannot do what it was asked; the message is for people."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below the mesh's folder."""

    folder: Path

    @property
    def secrets(self) -> Path:
        """Passwords and keys, made once."""
        return self.folder / "secrets.json"

    @property
    def credentials(self) -> Path:
        """What a person signs in with."""
        return self.folder / "credentials.json"

    @property
    def ports(self) -> Path:
        """The ports in use."""
        return self.folder / "ports.json"

    @property
    def endpoints(self) -> Path:
        """Where to reach the mesh, for programs."""
        return self.folder / "endpoints.json"

    @property
    def plan(self) -> Path:
        """What shall run, for the supervisor. Absent when the mesh is down."""
        return self.folder / "plan.json"

    @property
    def state(self) -> Path:
        """What runs, by the supervisor."""
        return self.folder / "state.json"

    @property
    def data(self) -> Path:
        """A folder per store."""
        return self.folder / "data"

    @property
    def edge(self) -> Path:
        """Envoy's configuration."""
        return self.folder / "edge"

    @property
    def logs(self) -> Path:
        """A file per process."""
        return self.folder / "logs"

    def log(self, name: str) -> Path:
        """The log of a process."""
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        """Creates the folders. Raises `MeshError` when another user owns them."""
        try:
            for path in (self.folder, self.data, self.edge, self.logs):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        except PermissionError:
            raise MeshError(f"{self.folder} cannot be written: was the mesh started by another user?") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds off other commands that start or stop things. Raises `MeshError` when one is at work."""
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise MeshError("another command is starting or stopping this mesh") from None
            yield


def write_json(path: Path, value: Any) -> None:
    """Replaces a file in one step, readable by its owner alone."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(value, indent=2, default=str) + "\n")
    unfinished.replace(path)


def read_json(path: Path, default: Any) -> Any:
    """What `write_json` wrote, or the default when there is no file."""
    return json.loads(path.read_text()) if path.exists() else default


def say(line: str) -> None:
    """Tells the person at the terminal. If nobody listens any more, as after `| head`, the work goes on."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
