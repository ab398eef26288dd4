"""Who may call: the contract's own table, caller by caller, at the server and at every face of the edge."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from google.protobuf.message import Message
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
    met = trial.together(partial(_meet, trial, meeting, requests) for meeting in _meetings(trial))
    for meeting in met:
        if isinstance(meeting, str):
            trial.evidence.cannot_know(meeting)
        else:
            trial.evidence.saw(f"{meeting.who}: {meeting.expected}")


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Somebody at a face of the mesh, and how the contract says that they are met."""

    who: str
    metadata: Metadata
    place: str
    face: Face
    expected: Verdict


def _meetings(trial: Trial) -> Iterator[_Meeting]:
    """Everybody at the server, and at every face of the edge, which passes on who calls.

    Scopes that the call needs not are many, and alike: unless the laws go deep, each is at the server and at one face
    of the edge, or at one of all these where nobody is told from anybody.
    """
    server = ("server", trial.mesh.direct)
    hidden = trial.rpc.access is Access.SERVICE
    edge: list[tuple[str, Face]] = list(edge_faces(trial))
    if hidden and trial.mesh.edge is not None:
        edge = [("edge", trial.mesh.edge.grpc)]
    needed = scope(trial.rpc.permission)
    for turn, (who, metadata, expected) in enumerate(_table(trial)):
        places = [server, *edge]
        if not trial.mesh.deep and who.startswith(scope("")) and who != needed:
            fixed = [] if trial.rpc.access is Access.PUBLIC else [server]
            turns = places[len(fixed) :]
            places = [*fixed, *turns[turn % max(len(turns), 1) :][:1]]
        for place, face in places:
            shown = place == "server" or not hidden
            yield _Meeting(who, metadata, place, face, expected if shown else Verdict.NOT_SHOWN)


def _meet(trial: Trial, meeting: _Meeting, requests: Sequence[Message]) -> _Meeting | str:
    """Calls once; tells of the meeting, or why there is none."""
    try:
        outcome = meeting.face.call(
            trial.rpc, *requests, metadata=meeting.metadata, timeout=_patience(trial.rpc, meeting.expected), take=1
        )
    except NotExpressible as gap:
        return f"{meeting.place}: {gap}"
    found = _verdict(trial.rpc, outcome)
    assert found is meeting.expected, (
        f"{meeting.who} at {meeting.place} is {found}, by the contract {meeting.expected}: {outcome}"
    )
    return meeting


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


def _patience(rpc: Method, expected: Verdict) -> float:
    """In seconds: a stream that is let in may have nothing to tell."""
    return 0.3 if rpc.descriptor.server_streaming and expected is Verdict.LET_IN else 10


LAW = Law("access", "lets in whom its policy names, and nobody else", all_rpcs, judge)
