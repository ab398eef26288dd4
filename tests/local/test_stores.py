"""The embedded stores start, refuse strangers, and keep what they acknowledged through kill -9."""

import os
import signal
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis import AuthenticationError, Redis

from services._local import command, health, stores
from tests.local.conftest import eventually

PASSWORD = "correct-horse-battery"  # noqa: S105
DAC_OVERRIDE = 1 << 1


async def test_postgres_keeps_what_it_acknowledged(tmp_path: Path, port: int) -> None:
    store = stores.postgres(tmp_path / "data", port, PASSWORD)
    with command.running(store.command, tmp_path / "log") as pid:
        health.wait({"postgres": store.url}, 20)
        connection = await asyncpg.connect(store.url)
        await connection.execute("CREATE TABLE kept (n int)")
        await connection.executemany("INSERT INTO kept VALUES ($1)", [(n,) for n in range(100)])
        workers = psutil.Process(pid).children(recursive=True)
        os.kill(pid, signal.SIGKILL)
        connection.terminate()
        eventually(lambda: not any(worker.is_running() for worker in workers))
    with stores.running(stores.postgres(tmp_path / "data", port, PASSWORD), tmp_path / "log"):
        connection = await asyncpg.connect(store.url)
        assert await connection.fetchval("SELECT count(*) FROM kept") == 100
        assert await connection.fetchval("SHOW data_checksums") == "on"
        assert await connection.fetchval("SHOW fsync") == "on"
        await connection.close()
    assert "fast shutdown request" in (tmp_path / "log").read_text()


async def test_postgres_asks_for_the_password(tmp_path: Path, port: int) -> None:
    with stores.running(stores.postgres(tmp_path / "data", port, PASSWORD, durable=False), tmp_path / "log") as store:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(store.url.replace(PASSWORD, "wrong"))
        assert PASSWORD not in _arguments(port)


def test_postgres_runs_without_the_powers_of_root(tmp_path: Path, port: int) -> None:
    store = stores.postgres(tmp_path / "data", port, PASSWORD, durable=False)
    with command.running(store.command, tmp_path / "log") as pid:
        health.wait({"postgres": store.url}, 20)
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        capabilities = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff"))
        assert capabilities & ~DAC_OVERRIDE == 0


async def test_a_database_is_created_once(tmp_path: Path, port: int) -> None:
    with stores.running(stores.postgres(tmp_path / "data", port, PASSWORD, durable=False), tmp_path / "log") as store:
        await stores.create_database(store.url, "mesh")
        await stores.create_database(store.url, "mesh")
        connection = await asyncpg.connect(store.url, database="mesh")
        assert await connection.fetchval("SELECT current_database()") == "mesh"
        await connection.close()


def test_valkey_keeps_what_it_acknowledged(tmp_path: Path, port: int) -> None:
    store = stores.valkey(tmp_path / "data", port, PASSWORD)
    with command.running(store.command, tmp_path / "log") as pid:
        health.wait({"redis": store.url}, 20)
        with Redis.from_url(store.url) as client:
            for number in range(100):
                client.set(f"key:{number}", number)
        os.kill(pid, signal.SIGKILL)
    with (
        stores.running(stores.valkey(tmp_path / "data", port, PASSWORD), tmp_path / "log"),
        Redis.from_url(store.url) as client,
    ):
        assert client.dbsize() == 100


def test_valkey_asks_for_the_password(tmp_path: Path, port: int) -> None:
    with stores.running(stores.valkey(tmp_path / "data", port, PASSWORD), tmp_path / "log") as store:
        with Redis.from_url(store.url.replace(PASSWORD, "wrong")) as client, pytest.raises(AuthenticationError):
            client.ping()
        assert PASSWORD not in _arguments(port)
        assert (tmp_path / "data" / "valkey.conf").stat().st_mode & 0o077 == 0


def _arguments(port: int) -> str:
    """The command lines of every process on the machine, among them the one that listens on the port."""
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert any(str(port) in line for line in lines)
    return "\n".join(lines)
