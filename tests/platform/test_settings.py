"""Settings: a service that is told too little, or something dangerous, does not start, and shows no secret."""

import os
import subprocess
import sys

import pytest

from services._platform.settings import Settings, from_environment

PASSWORD = "hunter2-hunter2"  # noqa: S105
GOOD = {
    "MESH_POSTGRES_DSN": f"postgresql://inventory:{PASSWORD}@127.0.0.1:1/mesh",
    "MESH_REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:1/0",
    "MESH_SIGNING_KEY": "0" * 64,
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Just what a service must be told."""
    for name in os.environ:
        if name.startswith("MESH_"):
            monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def complaint() -> str:
    with pytest.raises(SystemExit) as ended:
        from_environment(Settings)
    said = str(ended.value)
    assert PASSWORD not in said
    return said


def test_what_is_not_secret_has_a_default(environment: pytest.MonkeyPatch) -> None:
    settings = from_environment(Settings)
    assert (settings.listen, settings.jwks, settings.metrics_listen) == ("127.0.0.1:0", "", "")
    assert PASSWORD not in repr(settings)
    assert "0" * 64 not in repr(settings)


@pytest.mark.parametrize("name", GOOD)
def test_a_secret_has_none(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    assert complaint() == f"{name}: Field required"


def test_everything_that_is_wrong_is_told_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MESH_SIGNING_KEY", "short")
    environment.setenv("MESH_POSTGRES_POOL", "many")
    environment.delenv("MESH_REDIS_URL")
    assert sorted(complaint().splitlines()) == [
        "MESH_POSTGRES_POOL: Input should be a valid integer, unable to parse string as an integer",
        "MESH_REDIS_URL: Field required",
        "MESH_SIGNING_KEY: Value should have at least 32 items after validation, not 5",
    ]


def test_a_service_that_is_told_nothing_does_not_start() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MESH_")}
    command = [sys.executable, "-m", "services.inventory"]
    done = subprocess.run(command, env={**environment, **dict([*GOOD.items()][:2])}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "MESH_SIGNING_KEY: Field required\n"
