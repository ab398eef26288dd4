"""A tape holds what was said and nothing sensitive, and tells a build that answers differently from others."""

import json
import stat
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict

from tests.contract.faces import GrpcFace
from tests.contract.mesh import ANY, Mesh
from tests.contract.outcome import Json, Outcome
from tests.contract.recorder import tape
from tests.contract.recorder.__main__ import replay
from tests.contract.recorder.proxy import proxy
from tests.contract.sample.conftest import Start
from tests.contract.sample.contract import SERVICE
from tests.contract.sample.faults import FAULTS, RIGHT
from tests.contract.subject import new

SECRET = "open sesame"  # noqa: S105
NOTE = {"title": "tea", "password": SECRET, "serial": str(2**60), "content": "AAE=", "urgency": "URGENCY_HIGH"}


class Talk:
    """Calls through a recorder."""

    def __init__(self, mesh: Mesh, face: GrpcFace) -> None:
        self._mesh, self._face = mesh, face

    def __call__(self, rpc: str, request: Json) -> Outcome:
        method = self._mesh.subject.rpcs[f"{SERVICE}/{rpc}"]
        message = ParseDict(request, new(method.descriptor.input_type))
        return self._face.call(method, message, metadata=self._mesh.seeds.caller(method))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the tape is kept."""
    return tmp_path / "calls.jsonl"


def recorded(mesh: Mesh, file: Path) -> None:
    """A note written, read, listed, changed, and one that is not there. There is another note, always."""
    mesh.seeds.make("mesh/Note")
    with (
        proxy(mesh.subject, mesh.servers.targets[ANY], "127.0.0.1:0", lambda call: tape.write([call], file)) as port,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        talk = Talk(mesh, GrpcFace(channel))
        note: Any = talk("CreateNote", {"note": NOTE}).answer
        assert note.password == SECRET
        assert talk("GetNote", {"name": note.name}).answer == note
        assert talk("ListNotes", {"page_size": 1}).ok
        changed = {"name": note.name, "etag": note.etag, "title": "coffee"}
        assert talk("UpdateNote", {"note": changed, "update_mask": "title"}).ok
        assert talk("UpdateNote", {"note": changed, "update_mask": "title"}).reason == "ETAG_MISMATCH"
        assert talk("GetNote", {"name": f"notes/{'0' * 8}-0000-0000-0000-{'0' * 12}"}).reason == "NOTE_NOT_FOUND"


def replayed(mesh: Mesh, file: Path) -> list[str]:
    """What this mesh answers differently from the tape."""
    return replay(mesh.subject, mesh.servers.targets[ANY], file, mesh.callers)


def test_nothing_sensitive_is_on_the_tape(start: Start, file: Path) -> None:
    with start(RIGHT) as mesh:
        recorded(mesh, file)
    assert SECRET not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    calls = [json.loads(line) for line in file.read_text().splitlines()]
    assert [call["redacted"] for call in calls] == [["note.password"], [], [], [], [], []]
    assert [call["code"] for call in calls] == [0, 0, 0, 0, 10, 5]


def test_the_same_build_answers_the_same(start: Start, file: Path) -> None:
    with start(RIGHT) as mesh:
        recorded(mesh, file)
        assert replayed(mesh, file) == []


def test_another_build_is_told_by_its_answers(start: Start, file: Path) -> None:
    with start(RIGHT) as mesh:
        recorded(mesh, file)
    with start(FAULTS["answers with what it would refuse"]) as mesh:
        assert replayed(mesh, file) == [f"2 {SERVICE}/GetNote: weight is 2.0, not 0.0"]
    with start(FAULTS["ignores the etag"]) as mesh:
        [difference] = replayed(mesh, file)
        assert difference.startswith(f"5 {SERVICE}/UpdateNote: OK")
        assert difference.endswith("[]")
        assert "not ABORTED ETAG_MISMATCH" in difference
