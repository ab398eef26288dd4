"""The whole local mesh, as `make up`, `status` and `down` run it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services._local import loopback, ports, state, stores
from services._local.layout import Layout
from tests.local.conftest import eventually

PARTS = ["postgres", "redis", "envoy", "inventory-1", "inventory-2"]


def mesh(layout: Layout, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of the local mesh as a person would."""
    environment = os.environ | {"MESH_EDGE_PORT": ""} | variables
    argv = [sys.executable, "-m", "services._local", command, "--folder", str(layout.folder)]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layout]:
    """A mesh that is up."""
    layout = Layout(tmp_path_factory.mktemp("checkout") / ".mesh")
    started = mesh(layout, "up", MESH_EDGE_PORT=str(free_port("edge")))
    assert started.returncode == 0, started.stderr
    assert "SERVING" in started.stdout
    yield layout
    mesh(layout, "down")


def test_status_shows_every_process_serving(running: Layout) -> None:
    shown = mesh(running, "status")
    assert shown.returncode == 0, shown.stdout
    names = [line.split()[0] for line in shown.stdout.splitlines()]
    assert names == ["NAME", "supervisor", "postgres", "redis", "inventory-1", "inventory-2", "envoy", "SERVING"]


def test_endpoints_name_everything_and_no_secret(running: Layout) -> None:
    endpoints = json.loads(running.endpoints.read_text())
    assert endpoints.keys() == {"edge", "postgres", "redis", "services"}
    assert len(endpoints["services"]["inventory"]) == 2
    assert "@" not in running.endpoints.read_text()


def test_no_secret_is_in_a_command_line(running: Layout) -> None:
    saved = json.loads(running.secrets.read_text())
    secrets = [saved["postgres"], saved["redis"], saved["signing_key"], *saved["roles"].values()]
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert any(str(running.folder) in line for line in lines)
    assert not [line for line in lines for secret in secrets if secret in line]


@pytest.mark.parametrize("name", PARTS)
def test_a_killed_part_comes_back(running: Layout, name: str) -> None:
    process = state.load(running.state).processes[name].find()
    assert process
    process.kill()
    eventually(lambda: state.load(running.state).processes[name].pid not in (0, process.pid))
    eventually(lambda: mesh(running, "status").returncode == 0, 30)


def test_up_on_a_running_mesh_changes_nothing(running: Layout) -> None:
    before, stock = state.load(running.state), on_hand(running)
    again = mesh(running, "up")
    assert again.returncode == 0, again.stderr
    assert "running already" in again.stdout
    assert state.load(running.state) == before
    assert on_hand(running) == stock


def test_restart_replaces_the_services_one_by_one(running: Layout) -> None:
    before = state.load(running.state).processes
    restarted = mesh(running, "restart")
    assert restarted.returncode == 0, restarted.stderr
    after = state.load(running.state).processes
    assert {name for name in after if after[name].pid != before[name].pid} == {"inventory-1", "inventory-2"}


def test_down_leaves_no_process_and_keeps_the_data(running: Layout) -> None:
    secrets, chosen = running.secrets.read_text(), running.ports.read_text()
    assert mesh(running, "down").returncode == 0
    assert of(running) == []
    assert mesh(running, "status").returncode == 1
    assert mesh(running, "down").returncode == 0
    started = mesh(running, "up")
    assert started.returncode == 0, started.stderr
    assert (running.secrets.read_text(), running.ports.read_text()) == (secrets, chosen)
    assert "is SERVING" in started.stdout


def test_stores_elsewhere_take_the_place_of_the_embedded_ones(tmp_path: Path) -> None:
    postgres = stores.postgres(tmp_path / "postgres", free_port("postgres"), "elsewhere", durable=False)
    redis = stores.valkey(tmp_path / "redis", free_port("redis"), "elsewhere")
    layout = Layout(tmp_path / ".mesh")
    with stores.running(postgres, tmp_path / "log"), stores.running(redis, tmp_path / "log"):
        started = mesh(layout, "up", MESH_POSTGRES_DSN=postgres.url, MESH_REDIS_URL=redis.url)
        assert started.returncode == 0, started.stderr
        shown = mesh(layout, "status").stdout.splitlines()
        assert [line.split()[0] for line in shown if "EXTERNAL" in line] == ["postgres", "redis"]
        assert "elsewhere" not in layout.endpoints.read_text() + "".join(shown)
        assert list(layout.data.iterdir()) == []
        assert mesh(layout, "down").returncode == 0


def test_a_part_that_does_not_come_up_is_named_and_nothing_stays(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ".mesh")
    layout.prepare()
    (layout.data / "postgres").mkdir()
    (layout.data / "postgres" / "PG_VERSION").write_text("11\n")
    failed = mesh(layout, "up")
    assert failed.returncode == 1
    assert failed.stderr.startswith("postgres: ")
    assert str(layout.log("postgres")) in failed.stderr
    assert of(layout) == []


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    refused = mesh(Layout(tmp_path / ".mesh"), "up", MESH_EDGE_PORT="80 80")
    assert (refused.returncode, refused.stderr) == (1, "MESH_EDGE_PORT=80 80 is not a port\n")


def test_two_commands_do_not_start_and_stop_at_once(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ".mesh")
    layout.prepare()
    with layout.locked():
        refused = mesh(layout, "down")
    assert refused.returncode == 1
    assert "another command" in refused.stderr


def free_port(purpose: str) -> int:
    """A port for a purpose."""
    return ports.choose(["any"], {}, edge=None, seed=f"{purpose} {os.getpid()}")["any"]


def on_hand(layout: Layout) -> int:
    """Units of a demo product, as the edge tells."""
    edge = json.loads(layout.endpoints.read_text())["edge"]
    code, answer = loopback.call(f"{edge}/v1/products/masala-chai/stock", seconds=5)
    assert code == 200, answer
    return int(json.loads(answer)["totals"]["onHand"])


def of(layout: Layout) -> list[psutil.Process]:
    """The processes that have to do with the mesh, by command line, folder or open environment."""
    found = []
    for process in psutil.process_iter():
        try:
            traces = [*process.cmdline(), process.cwd()]
        except psutil.Error:  # it has ended, or is a stranger's
            continue
        if any(str(layout.folder) in trace for trace in traces):
            found.append(process)
    return found
