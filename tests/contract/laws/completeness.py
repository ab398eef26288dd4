"""Every RPC is served, and reachable through the edge at each of its HTTP rules."""

from clients.contract import Access
from tests.contract.law import Law, Trial, all_rpcs
from tests.contract.laws.faces import json_faces


def judge(trial: Trial) -> None:
    """A request that succeeds does so at the server and at every rule of the edge."""
    outcome = trial.call(*trial.seed())
    assert outcome.ok, f"the server refuses the seed: {outcome}"
    trial.evidence.saw("served")
    if trial.rpc.access is Access.SERVICE:
        return
    for rule, face in json_faces(trial):
        outcome = trial.call(*trial.seed(), face=face)
        assert outcome.ok, f"{rule.verb} {rule.path} refuses the seed: {outcome}"
        trial.evidence.saw(f"{rule.verb} {rule.path}")


LAW = Law("completeness", "is served, and reachable at each of its HTTP rules", all_rpcs, judge)
