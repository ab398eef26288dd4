"""Every RPC before every law."""

from tests.contract.law import Trial
from tests.contract.laws import LAWS
from tests.contract.seeds import CannotSeed


def test_law(law: str, trial: Trial) -> None:
    try:
        LAWS[law].judge(trial)
    except CannotSeed as missing:
        trial.evidence.cannot_know(str(missing))
