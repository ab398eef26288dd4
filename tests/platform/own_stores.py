"""A Postgres and a Valkey of one test's own, to be stopped, killed and started again."""

from contextlib import ExitStack
from pathlib import Path

import psutil

from services._local import ports, stores


class OwnStores:
    """Starts neither by itself. What a Postgres that is not `durable` has acknowledged, a kill may take back."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        port = ports.choose(["postgres", "valkey"], {}, edge=None, seed=str(folder))
        self.log = folder / "log"
        self._data = folder / "postgres"
        self.postgres = stores.postgres(self._data, port["postgres"], "pg-secret", durable=durable)
        self.valkey = stores.valkey(folder / "valkey", port["valkey"], "vk-secret")
        self._running: dict[str, ExitStack] = {}

    def start(self, name: str) -> None:
        """Starts `postgres` or `valkey`; returns when it answers."""
        self._running[name] = ExitStack()
        self._running[name].enter_context(stores.running(getattr(self, name), self.log))

    def stop(self, name: str) -> None:
        """Stops one in an orderly way."""
        self._running.pop(name).close()

    def stop_all(self) -> None:
        """Stops what runs."""
        for name in [*self._running]:
            self.stop(name)

    def kill_postgres(self) -> None:
        """Kills Postgres as a power cut would; returns when its sessions have noticed, so that it can be started."""
        postmaster = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
        sessions = postmaster.children()
        postmaster.kill()
        self.stop("postgres")
        psutil.wait_procs(sessions, timeout=10)
