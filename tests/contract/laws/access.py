"""Who may call: nobody who is unknown, nobody without the permission, everyone with it."""

from google.rpc import code_pb2

from clients.contract import Access
from tests.contract.callers import ANONYMOUS, FORGED
from tests.contract.law import Law, Trial, all_rpcs
from tests.contract.outcome import Metadata, Outcome

_BARRED = {code_pb2.UNAUTHENTICATED, code_pb2.PERMISSION_DENIED}


def judge(trial: Trial) -> None:
    """Calls a server that trusts nobody, as each kind of caller."""
    if trial.mesh.guarded is None:
        trial.evidence.cannot_know("who may call: no server is given that trusts nobody")
        return
    permission = trial.rpc.permission
    if trial.rpc.access is Access.PUBLIC:
        outcome = _as(trial, ANONYMOUS)
        assert outcome.code not in _BARRED, f"public, yet anonymous callers are refused: {outcome}"
        trial.evidence.saw("anonymous callers let in")
        return
    for kind, metadata in (("anonymous", ANONYMOUS), ("forged", FORGED)):
        outcome = _as(trial, metadata)
        refused = outcome.code == code_pb2.UNAUTHENTICATED and outcome.reason == "CREDENTIALS_INVALID"
        assert refused, f"{kind} callers: {outcome}"
        trial.evidence.saw(f"{kind} callers refused")
    lacking, holding = trial.mesh.callers.lacking(permission), trial.mesh.callers.holding(permission)
    if lacking is None or holding is None:
        trial.evidence.cannot_know("who may call by permission: this mesh makes no such callers")
        return
    outcome = _as(trial, lacking)
    refused = outcome.code == code_pb2.PERMISSION_DENIED and outcome.reason == "PERMISSION_MISSING"
    assert refused, f"a caller without {permission}: {outcome}"
    outcome = _as(trial, holding)
    assert outcome.code not in _BARRED, f"a caller with {permission}: {outcome}"
    trial.evidence.saw("permission asked for")


def _as(trial: Trial, metadata: Metadata) -> Outcome:
    assert trial.mesh.guarded is not None
    # Who may call is decided before the request is looked at.
    return trial.call(*trial.seed(), face=trial.mesh.guarded, metadata=metadata)


LAW = Law("access", "lets in whom its policy names, and nobody else", all_rpcs, judge)
