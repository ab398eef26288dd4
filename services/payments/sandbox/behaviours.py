"""The test tokens: how the sandbox behaves towards a charge, by the token that it was made with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What becomes of a charge's operations, by kind: `authorize`, `capture`, `void`, `refund`."""

    refuse: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """The failure code that an operation gets."""
    hang: frozenset[str] = frozenset()
    """Done, and not answered the first time."""
    errors_before: int = 0
    """How often an authorisation is answered 500 without being done."""
    errors_after: int = 0
    """How often it is answered 500 although it was done."""
    slow: bool = False
    """Answered late."""
    webhook_first: bool = False
    """The webhook is there before the answer is."""
    webhook_copies: int = 1
    """How often each webhook is delivered; none: never."""
    webhook_held: frozenset[str] = frozenset()
    """The webhook is delivered after the one of the next operation."""


BEHAVIOURS: Mapping[str, Behaviour] = {
    "tok_approve": Behaviour(),
    "tok_decline": Behaviour(refuse={"authorize": "card_declined"}),
    "tok_insufficient_funds": Behaviour(refuse={"authorize": "insufficient_funds"}),
    "tok_timeout_then_approve": Behaviour(hang=frozenset({"authorize"})),
    "tok_timeout_then_decline": Behaviour(hang=frozenset({"authorize"}), refuse={"authorize": "card_declined"}),
    "tok_timeout_silent": Behaviour(hang=frozenset({"authorize", "capture"}), webhook_copies=0),
    "tok_capture_timeout": Behaviour(hang=frozenset({"capture"})),
    "tok_capture_refused": Behaviour(refuse={"capture": "charge_expired"}),
    "tok_refund_refused": Behaviour(refuse={"refund": "refund_not_possible"}),
    "tok_webhook_first": Behaviour(webhook_first=True),
    "tok_webhook_duplicate": Behaviour(webhook_copies=3),
    "tok_webhook_out_of_order": Behaviour(webhook_held=frozenset({"authorize"})),
    "tok_webhook_never": Behaviour(webhook_copies=0),
    "tok_slow": Behaviour(slow=True),
    "tok_error_500": Behaviour(errors_before=2),
    "tok_error_500_after": Behaviour(errors_after=1),
}
"""A token that is not here is declined as `unknown_token`."""

UNKNOWN = Behaviour(refuse={"authorize": "unknown_token"})


def of(token: str) -> Behaviour:
    """How the sandbox behaves towards a token."""
    return BEHAVIOURS.get(token, UNKNOWN)
