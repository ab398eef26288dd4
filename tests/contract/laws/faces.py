"""What several laws ask of the faces of the edge."""

from collections.abc import Iterator
from itertools import islice

from clients.contract import Access, HttpRule
from tests.contract.law import Trial
from tests.contract.outcome import Face

NO_EDGE = "how it looks through the edge: none is given"


def json_faces(trial: Trial) -> Iterator[tuple[HttpRule, Face]]:
    """JSON by each HTTP rule of the RPC."""
    if trial.mesh.edge is None:
        trial.evidence.cannot_know(NO_EDGE)
        return
    for binding, rule in enumerate(trial.rpc.http):
        yield rule, trial.mesh.edge.json(binding)


def edge_faces(trial: Trial) -> Iterator[tuple[str, Face]]:
    """gRPC, gRPC-Web, and JSON by the RPC's own HTTP rule, with words for messages. None for what is not shown."""
    if trial.rpc.access is Access.SERVICE:
        return
    if trial.mesh.edge is not None:
        yield "gRPC through the edge", trial.mesh.edge.grpc
        if not trial.rpc.descriptor.client_streaming:
            yield "gRPC-Web", trial.mesh.edge.web
    for rule, face in islice(json_faces(trial), 1):
        yield f"{rule.verb} {rule.path}", face
