"""Meshes to judge: where one is, and the faces and stores by which it is reached."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import grpc
import httpx
import pytest

from tests.contract import golden
from tests.contract.callers import Callers, read
from tests.contract.faces import GrpcFace, JsonFace, WebFace
from tests.contract.faces.area_face import AreaFace
from tests.contract.faces.patient_face import PatientFace
from tests.contract.mesh import Edge, Mesh, Servers
from tests.contract.seeds import Seeds
from tests.contract.store import open_store
from tests.contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a mesh is, as far as it is known."""

    servers: Servers
    callers: Callers
    edge: str | None = None
    postgres: str | None = None
    max_in_flight: int | None = None


def given(config: pytest.Config) -> Addresses | None:
    """The mesh that the command line names, if it names one."""
    if not (targets := config.getoption("--contract-target")):
        return None
    known = read(config.getoption("--contract-callers"))
    edge, postgres = (config.getoption(f"--contract-{name}") for name in ("edge", "postgres"))
    return Addresses(Servers(_by_area(targets)), known, edge, postgres)


@contextmanager
def reach(
    subject: Subject,
    seeds: Mapping[str, ModuleType],
    at: Addresses,
    *,
    golden_folder: Path = golden.FOLDER,
    deep: bool = False,
) -> Iterator[Mesh]:
    """A mesh through its faces."""
    with ExitStack() as stack:

        def face(target: str) -> GrpcFace:
            return GrpcFace(stack.enter_context(grpc.insecure_channel(target)))

        direct = AreaFace({target: face(target) for target in at.servers.targets.values()}, at.servers.target)
        store = stack.enter_context(open_store(at.postgres)) if at.postgres else None
        yield Mesh(
            subject=subject,
            servers=at.servers,
            direct=direct,
            edge=_edge(at.edge, face, stack) if at.edge else None,
            seeds=Seeds(subject, seeds, direct, at.callers, store),
            callers=at.callers,
            store=store,
            golden=golden.read(golden_folder),
            max_in_flight=at.max_in_flight,
            deep=deep,
        )


def _edge(url: str, face: Callable[[str], GrpcFace], stack: ExitStack) -> Edge:
    http = stack.enter_context(httpx.Client(base_url=url))
    grpc_face, web_face = PatientFace(face(urlsplit(url).netloc)), PatientFace(WebFace(http))
    return Edge(url, http, grpc_face, web_face, lambda binding: PatientFace(JsonFace(http, binding)))


def _by_area(targets: list[str]) -> dict[str, str]:
    pairs = (target.rpartition("=") for target in targets)
    return {area: target for area, _, target in pairs}
