"""Every RPC is served, reachable through the edge at each of its HTTP rules, and documented there."""

from collections import Counter

from clients.contract import Access
from tests.contract.law import Law, Trial, all_rpcs
from tests.contract.laws.faces import json_faces
from tests.contract.subject import name


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
    _documented(trial)


def _documented(trial: Trial) -> None:
    edge = trial.mesh.edge
    if edge is None or edge.documented is None:
        trial.evidence.cannot_know("whether it is documented: there is no /openapi.json")
        return
    wanted = Counter((name(trial.rpc), rule.verb) for rule in trial.rpc.http)
    found = Counter({key: times for key, times in edge.documented.items() if key[0] == name(trial.rpc)})
    assert found == wanted, f"OpenAPI has {dict(found)}, the contract has {dict(wanted)}"
    trial.evidence.saw("documented")


LAW = Law("completeness", "is served, reachable at each of its HTTP rules, and documented", all_rpcs, judge)
