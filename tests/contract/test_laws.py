"""Every RPC before every law."""

from tests.contract.law import Trial
from tests.contract.laws import LAWS


def test_law(law: str, trial: Trial) -> None:
    LAWS[law].judge(trial)
