"""The sandbox's rules: what an operation does to a charge, or why it is refused."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation as a caller asks for it. Amounts are in minor units."""

    key: str
    kind: str
    charge: str
    amount: int
    currency: str
    token: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """Money of a card holder's: `held`, `captured`, `voided` or `declined`."""

    id: str
    token: str
    amount: int
    currency: str
    state: str = "held"
    captured: int = 0
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """An operation that was decided, with its failure code: empty when it succeeded."""

    asked: Asked
    failure_code: str
    time: datetime

    @property
    def told(self) -> dict[str, str | int]:
        """What callers, webhooks and exports are told."""
        return {
            "key": self.asked.key,
            "kind": self.asked.kind,
            "status": "failed" if self.failure_code else "succeeded",
            "charge": self.asked.charge,
            "amount": self.asked.amount,
            "currency": self.asked.currency,
            "failure_code": self.failure_code,
            "time": self.time.astimezone(UTC).isoformat(timespec="microseconds"),
        }


def after(charge: Charge, asked: Asked, refusal: str) -> tuple[Charge, str]:
    """The charge after an operation, and the failure code: `refusal`, or what the charge does not allow."""
    failure = refusal or _failure(charge, asked)
    if failure:
        return (replace(charge, state="declined") if asked.kind == "authorize" else charge), failure
    match asked.kind:
        case "capture":
            return replace(charge, state="captured", captured=asked.amount), ""
        case "void":
            return replace(charge, state="voided"), ""
        case "refund":
            return replace(charge, refunded=charge.refunded + asked.amount), ""
    return charge, ""


def _failure(charge: Charge, asked: Asked) -> str:
    if asked.currency != charge.currency:
        return "currency_differs"
    match asked.kind, charge.state:
        case "capture", "held":
            return "" if asked.amount <= charge.amount else "amount_too_large"
        case "refund", "captured":
            return "" if asked.amount <= charge.captured - charge.refunded else "amount_too_large"
        case (("authorize" | "void"), "held"):
            return ""
    return f"charge_{charge.state}"
