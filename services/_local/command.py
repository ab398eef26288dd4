"""A process to run, as a value: the supervisor and the tests start it alike."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "PYTHONPATH", "SSL_CERT_FILE", "TMPDIR", "TZ")


@dataclass(frozen=True, slots=True)
class Command:
    """What to execute and how to end it.

    `environment` is all that the process sees besides `INHERITED`: what else the user's shell holds is none of its
    business. Secrets belong there or into files, never into `argv`, which every user of the machine can read.
    """

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    """After this long without an end it is killed."""

    def full_environment(self) -> dict[str, str]:
        """The inherited variables and the command's own."""
        return {name: os.environ[name] for name in INHERITED if name in os.environ} | dict(self.environment)


@contextmanager
def running(command: Command, log: Path) -> Iterator[int]:
    """Runs the command while the context lasts, both outputs appended to `log`; yields its pid.

    It does not wait until the command is of use: see `health.wait`.
    """
    with (
        log.open("ab") as output,
        subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=command.full_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process.pid
        finally:
            process.send_signal(command.stop_signal)
            try:
                process.wait(command.stop_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
