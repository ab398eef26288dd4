"""A Postgres and a Valkey of one test's own, to be stopped, killed and started again."""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

from services._local import ports, stores


class OwnStores:
    """Starts neither by itself."""

    def __init__(self, folder: Path) -> None:
        port = ports.choose(["postgres", "valkey"], {}, edge=None, seed=str(folder))
        self._log = folder / "log"
        self._data = folder / "postgres"
        self.postgres = stores.postgres(self._data, port["postgres"], "pg-secret", durable=False)
        self.valkey = stores.valkey(folder / "valkey", port["valkey"], "vk-secret")
        self._running: dict[str, ExitStack] = {}

    def start(self, name: str) -> None:
        """Starts `postgres` or `valkey`; returns when it answers."""
        self._running[name] = ExitStack()
        self._running[name].enter_context(stores.running(getattr(self, name), self._log))

    def stop(self, name: str) -> None:
        """Stops one in an orderly way."""
        self._running.pop(name).close()

    def stop_all(self) -> None:
        """Stops what runs."""
        for name in [*self._running]:
            self.stop(name)

    def kill_postgres(self) -> None:
        """Kills Postgres as a power cut would."""
        os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        self.stop("postgres")
