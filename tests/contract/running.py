"""Meshes to judge: one that runs elsewhere, given by its addresses, with the faces and stores that are known of it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import grpc
import httpx
import psutil

from tests.contract import golden
from tests.contract.callers import Callers, Trusted
from tests.contract.faces import GrpcFace, JsonFace, WebFace
from tests.contract.law import Mesh
from tests.contract.seeds import Seeds
from tests.contract.store import open_store
from tests.contract.subject import Subject


@dataclass(frozen=True)
class Addresses:
    """Where a mesh is, as far as it is known."""

    target: str
    edge: str | None = None
    guarded: str | None = None
    postgres: str | None = None
    pid: int | None = None
    max_in_flight: int | None = None


@contextmanager
def reach(
    subject: Subject,
    seeds: Mapping[str, ModuleType],
    at: Addresses,
    *,
    callers: Callers | None = None,
    golden_folder: Path = golden.FOLDER,
    deep: bool = False,
) -> Iterator[Mesh]:
    """A mesh through its faces."""
    callers = callers or Trusted()
    with ExitStack() as stack:
        http = stack.enter_context(httpx.Client(base_url=at.edge)) if at.edge else None
        direct = GrpcFace(stack.enter_context(grpc.insecure_channel(at.target)))
        yield Mesh(
            subject=subject,
            target=at.target,
            direct=direct,
            edge=at.edge,
            web=WebFace(http) if http else None,
            json=(lambda binding: JsonFace(http, binding)) if http else None,
            seeds=Seeds(subject, seeds, direct, callers.operator),
            callers=callers,
            guarded=GrpcFace(stack.enter_context(grpc.insecure_channel(at.guarded))) if at.guarded else None,
            store=stack.enter_context(open_store(at.postgres)) if at.postgres else None,
            process=psutil.Process(at.pid) if at.pid else None,
            golden=golden_folder,
            max_in_flight=at.max_in_flight,
            deep=deep,
        )
