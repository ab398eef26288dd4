"""The contract tests as others use them: a command and a pytest plugin, with the descriptors of any contract."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract import golden
from tests.contract.callers import OPERATOR, Callers
from tests.contract.laws import access
from tests.contract.mesh import ANY, Mesh
from tests.contract.sample import seeds
from tests.contract.sample.conftest import Start
from tests.contract.sample.faults import FAULTS, RIGHT

ROOT = Path(__file__).parents[3]
ONE = "GetNote"
Options = Callable[[Mesh], dict[str, str]]


@pytest.fixture
def options(tmp_path: Path, callers: Callers) -> Options:
    """What is told of a mesh that runs elsewhere, by the names of the command's options."""

    def told(mesh: Mesh) -> dict[str, str]:
        assert mesh.edge is not None
        who = access.everybody(mesh.subject)
        tokens = tmp_path / "callers.json"
        tokens.write_text(json.dumps({name: callers.token(name) for name in who}))
        golden.renew(mesh.subject, tmp_path / "golden")
        return {
            "target": mesh.servers.targets[ANY],
            "edge": mesh.edge.url,
            "descriptors": str(mesh.subject.image),
            "callers": str(tokens),
            "seeds": seeds.__name__,
            "golden": str(tmp_path / "golden"),
            "report": str(tmp_path / "report"),
        }

    return told


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs Python in a folder of its own, where no configuration of ours is found."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'clients' / 'gen'}"}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(("fault", "broken"), [(RIGHT, ""), (FAULTS["lets everybody in"], "access")])
def test_the_command(start: Start, options: Options, tmp_path: Path, fault: object, broken: str) -> None:
    with start(fault) as mesh:  # type: ignore[arg-type]  # both are faults
        given = [f"--{name}={value}" for name, value in options(mesh).items()]
        done = run("-m", "tests.contract", *given, "--", "-n0", "-k", ONE, folder=ROOT)
    report = (tmp_path / "report" / "coverage.txt").read_text()
    assert done.returncode == bool(broken), done.stdout
    assert [line for line in report.splitlines() if "BROKEN" in line] == (
        [f"mesh.sample.v1.NoteService/{ONE}  {broken}: BROKEN"] if broken else []
    )
    assert (tmp_path / "report" / "coverage.html").is_file()


def test_the_plugin(start: Start, options: Options, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("from tests.contract.test_laws import test_law\n__all__ = ['test_law']\n")
    with start(RIGHT) as mesh:
        given = [f"--contract-{name}={value}" for name, value in options(mesh).items()]
        done = run("-m", "pytest", "-p", "tests.contract.plugin", "-k", ONE, *given, "test_mine.py", folder=tmp_path)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_without_callers_it_says_what_it_cannot_know(start: Start, options: Options, tmp_path: Path) -> None:
    with start(RIGHT) as mesh:
        given = [f"--{name}={value}" for name, value in options(mesh).items() if name != "callers"]
        done = run("-m", "tests.contract", *given, "--", "-n0", "-k", "CountNotes and access", folder=ROOT)
    assert done.returncode == 0, done.stdout
    assert f"how {OPERATOR} is met: this mesh has no such caller" in (tmp_path / "report" / "coverage.txt").read_text()
