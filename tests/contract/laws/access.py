"""Who may call: the contract's own table, caller by caller, at the server and at every face of the edge."""

from collections.abc import Iterator
from enum import StrEnum

from google.rpc import code_pb2

from clients.contract import Access, Method
from tests.contract.callers import ANONYMOUS, FORGED, OPERATOR, SERVICES, role, scope
from tests.contract.faces import NotExpressible
from tests.contract.law import Law, Trial, all_rpcs
from tests.contract.laws.faces import edge_faces
from tests.contract.outcome import Face, Metadata, Outcome
from tests.contract.subject import Subject


class Verdict(StrEnum):
    """How a caller is met."""

    LET_IN = "let in"
    UNKNOWN = "unknown"
    NOT_ALLOWED = "not allowed"
    NOT_SHOWN = "not shown"


_SAID = {
    (code_pb2.UNAUTHENTICATED, "CREDENTIALS_INVALID"): Verdict.UNKNOWN,
    (code_pb2.PERMISSION_DENIED, "PERMISSION_MISSING"): Verdict.NOT_ALLOWED,
    (code_pb2.UNIMPLEMENTED, "ROUTE_UNKNOWN"): Verdict.NOT_SHOWN,
}


def judge(trial: Trial) -> None:
    """Calls as everybody."""
    requests = trial.seed()
    faces: list[tuple[str, Face]] = [("server", trial.mesh.direct), *edge_faces(trial)]
    if trial.rpc.access is Access.SERVICE and trial.mesh.edge is not None:
        faces.append(("edge", trial.mesh.edge.grpc))
    for who, metadata, expected in _table(trial):
        for place, face in faces:
            at_edge = place != "server" and trial.rpc.access is Access.SERVICE
            wanted = Verdict.NOT_SHOWN if at_edge else expected
            try:
                outcome = face.call(trial.rpc, *requests, metadata=metadata, timeout=_patience(trial.rpc), take=1)
            except NotExpressible as gap:
                trial.evidence.cannot_know(f"{place}: {gap}")
                continue
            found = _verdict(trial.rpc, outcome)
            assert found is wanted, f"{who} at {place} is {found}, by the contract {wanted}: {outcome}"
            trial.evidence.saw(f"{who}: {expected}")


def _table(trial: Trial) -> Iterator[tuple[str, Metadata, Verdict]]:
    """Everybody, and how the contract meets them."""
    subject = trial.mesh.subject
    public, judged = trial.rpc.access is Access.PUBLIC, trial.rpc.judges_credentials
    yield "anonymous", ANONYMOUS, Verdict.LET_IN if public else Verdict.UNKNOWN
    yield "forged", FORGED, Verdict.LET_IN if public and not judged else Verdict.UNKNOWN
    for who, held in everybody(subject).items():
        metadata = trial.mesh.callers(who)
        if metadata is None:
            trial.evidence.cannot_know(f"how {who} is met: this mesh has no such caller")
            continue
        yield who, metadata, expected(trial.rpc, who, held)


def everybody(subject: Subject) -> dict[str, frozenset[str]]:
    """Every caller that the contract tells from others, with what they hold: the operator, roles, and scopes."""
    everything = frozenset[str]().union(*(held for name, held in subject.roles.items() if role(name) not in SERVICES))
    scopes = {scope(permission): frozenset({permission}) for permission in sorted(everything)}
    return {OPERATOR: everything, **{role(name): held for name, held in subject.roles.items()}, **scopes}


def expected(rpc: Method, who: str, held: frozenset[str]) -> Verdict:
    """What the contract says of a caller who holds these permissions."""
    holds = not rpc.permission or rpc.permission in held
    allowed = {
        Access.PUBLIC: holds or not rpc.judges_credentials,
        Access.USER: holds,
        Access.SERVICE: holds and who in SERVICES,
    }
    return Verdict.LET_IN if allowed[rpc.access] else Verdict.NOT_ALLOWED


def _verdict(rpc: Method, outcome: Outcome) -> Verdict:
    found = _SAID.get((outcome.code, outcome.reason), Verdict.LET_IN)
    other = outcome.permission not in (rpc.permission, "service")
    # Some RPCs ask for more when a request is about what belongs to others.
    return Verdict.LET_IN if found is Verdict.NOT_ALLOWED and other else found


def _patience(rpc: Method) -> float:
    """In seconds: a stream that is let in may have nothing to tell."""
    return 0.3 if rpc.descriptor.server_streaming else 10


LAW = Law("access", "lets in whom its policy names, and nobody else", all_rpcs, judge)
