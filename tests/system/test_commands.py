"""The whole local mesh, as `make up`, `status` and `down` run it."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from services._local import loopback, provider, state, stores, topology
from services._local.layout import CHECKOUT, Layout
from tests.system.mesh import Mesh, free_port, run

SERVICES = [name for service in topology.services() for name in topology.replicas(service)]


def test_status_shows_every_process_serving(mesh: Mesh) -> None:
    shown = run(mesh.layout, "status")
    assert shown.returncode == 0, shown.stdout
    names = [line.split()[0] for line in shown.stdout.splitlines()]
    assert names == ["NAME", "supervisor", "postgres", "redis", "sandbox", *SERVICES, "envoy", "SERVING"]


def test_endpoints_name_everything_and_no_secret(mesh: Mesh) -> None:
    endpoints = json.loads(mesh.layout.endpoints.read_text())
    assert endpoints.keys() == {"edge", "postgres", "redis", "services"}
    assert len(endpoints["services"]["inventory"]) == 2
    assert "@" not in mesh.layout.endpoints.read_text()


def test_who_uses_it_is_known_to_the_owner_alone(mesh: Mesh) -> None:
    assert stat.S_IMODE(mesh.layout.credentials.stat().st_mode) == 0o600
    known = json.loads(mesh.layout.credentials.read_text())
    assert known["admin_api_key"].startswith("mk_")
    endpoints = json.loads(mesh.layout.endpoints.read_text())
    for email, password in (("admin_email", "admin_password"), ("user_email", "user_password")):
        body = json.dumps({"email": known[email], "password": known[password]}).encode()
        code, answer = loopback.call(f"{endpoints['edge']}/v1/sessions", body, seconds=5)
        assert code == 200, answer
    logs = "".join(path.read_text() for path in mesh.layout.logs.iterdir())
    for name in ("admin_password", "user_password", "admin_api_key", "user_access_token", "user_refresh_token"):
        assert known[name] not in logs


def test_strangers_are_refused(mesh: Mesh) -> None:
    edge = json.loads(mesh.layout.endpoints.read_text())["edge"]
    code, answer = loopback.call(f"{edge}/v1/products", seconds=5)
    assert (code, json.loads(answer)["code"]) == (401, 16)
    code, answer = loopback.call(f"{edge}/.well-known/jwks.json", seconds=5)
    assert code == 200
    assert json.loads(answer)["keys"][0]["kty"] == "OKP"


def test_no_secret_is_in_a_command_line(mesh: Mesh) -> None:
    saved = json.loads(mesh.layout.secrets.read_text())
    people = json.loads(mesh.layout.credentials.read_text())
    secrets = [saved["postgres"], saved["redis"], saved["signing_key"], saved["identity_key"]]
    secrets += [*saved["roles"].values(), *saved["services"].values()]
    secrets += [people["admin_password"], people["user_password"], people["admin_api_key"]]
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert any(str(mesh.layout.folder) in line for line in lines)
    assert not [line for line in lines for secret in secrets if secret in line]


def test_up_on_a_running_mesh_changes_nothing(mesh: Mesh) -> None:
    before, stock = state.load(mesh.layout.state), on_hand(mesh.layout)
    again = run(mesh.layout, "up")
    assert again.returncode == 0, again.stderr
    assert "running already" in again.stdout
    assert state.load(mesh.layout.state) == before
    assert on_hand(mesh.layout) == stock


def test_down_leaves_no_process_and_keeps_the_data(mesh: Mesh) -> None:
    secrets, chosen = mesh.layout.secrets.read_text(), mesh.layout.ports.read_text()
    assert run(mesh.layout, "down").returncode == 0
    assert of(mesh.layout) == []
    assert run(mesh.layout, "status").returncode == 1
    assert run(mesh.layout, "down").returncode == 0
    started = run(mesh.layout, "up")
    assert started.returncode == 0, started.stderr
    assert (mesh.layout.secrets.read_text(), mesh.layout.ports.read_text()) == (secrets, chosen)
    assert "is SERVING" in started.stdout


def test_stores_elsewhere_take_the_place_of_the_embedded_ones(tmp_path: Path) -> None:
    postgres = stores.postgres(tmp_path / "postgres", free_port("postgres"), "elsewhere", durable=False)
    redis = stores.valkey(tmp_path / "redis", free_port("redis"), "elsewhere")
    layout = Layout(tmp_path / ".mesh")
    with stores.running(postgres, tmp_path / "log"), stores.running(redis, tmp_path / "log"):
        started = run(layout, "up", MESH_POSTGRES_DSN=postgres.url, MESH_REDIS_URL=redis.url)
        assert started.returncode == 0, started.stderr
        shown = run(layout, "status").stdout.splitlines()
        assert [line.split()[0] for line in shown if "EXTERNAL" in line] == ["postgres", "redis"]
        assert "elsewhere" not in layout.endpoints.read_text() + "".join(shown)
        assert {entry.name.partition(".")[0] for entry in layout.data.iterdir()} == {provider.NAME}
        assert run(layout, "down").returncode == 0


def test_a_part_that_does_not_come_up_is_named_and_nothing_stays(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ".mesh")
    layout.prepare()
    (layout.data / "postgres").mkdir()
    (layout.data / "postgres" / "PG_VERSION").write_text("11\n")
    failed = run(layout, "up")
    assert failed.returncode == 1
    assert failed.stderr.startswith("postgres: ")
    assert str(layout.log("postgres")) in failed.stderr
    assert of(layout) == []


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    refused = run(Layout(tmp_path / ".mesh"), "up", MESH_EDGE_PORT="80 80")
    assert (refused.returncode, refused.stderr) == (1, "MESH_EDGE_PORT=80 80 is not a port\n")


def test_two_commands_do_not_start_and_stop_at_once(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ".mesh")
    layout.prepare()
    with layout.locked():
        refused = run(layout, "down")
    assert refused.returncode == 1
    assert "another command" in refused.stderr


def on_hand(layout: Layout) -> int:
    """Units of a demo product, as the edge tells."""
    edge = json.loads(layout.endpoints.read_text())["edge"]
    token = json.loads(layout.credentials.read_text())["user_access_token"]
    code, answer = loopback.call(f"{edge}/v1/products/masala-chai/stock", seconds=5, token=token)
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


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs the other tests already")
def test_an_ordinary_user_beside_another_mesh(mesh: Mesh) -> None:
    """Two meshes on one machine share neither ports nor data, whoever runs them."""
    nobody = _python_of_nobody()
    with tempfile.TemporaryDirectory() as home:  # not below the test's own folder, which is closed to others
        shutil.chown(home, "nobody", "nogroup")
        layout = Layout(Path(home) / ".mesh")
        try:
            started = run(layout, "up", python=nobody, HOME=home)
            assert started.returncode == 0, started.stderr
            other = Mesh(layout)
            assert not other.complaints()
            assert not mesh.complaints()
            assert other.ports.isdisjoint(mesh.ports)
            assert {other.process(name).username() for name in ("supervisor", "postgres", "envoy")} == {"nobody"}
        finally:
            assert run(layout, "down", python=nobody, HOME=home).returncode == 0


def _python_of_nobody() -> tuple[str, ...]:
    """How `nobody` starts our Python. Skips where it lies in root's own folders."""
    python = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--", sys.executable)
    # From within a shell: only there it is nobody, and no longer root on the way, who opens the program.
    probe = [*python[:-1], "/bin/sh", "-c", f"exec {sys.executable} -c 'import services'"]
    if subprocess.run(probe, cwd=CHECKOUT, check=False).returncode:
        pytest.skip(f"an ordinary user can run neither {sys.executable} nor what lies in {CHECKOUT}")
    return python
