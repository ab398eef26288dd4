"""Penalties: blocks that limits impose by themselves."""

from datetime import datetime, timedelta
from hashlib import blake2b
from ipaddress import ip_network

from services.ratelimit.domain.access import AccessRule, Effect
from services.ratelimit.domain.decision import Verdict
from services.ratelimit.domain.descriptors import ADDRESS, IDENTITY, SEPARATOR


def block(verdict: Verdict, keys: tuple[str, ...], now: datetime) -> AccessRule:
    """The access rule that blocks the subject of a verdict for as long as its limit says.

    One subject has one block for a limit: the id follows from both.
    """
    penalty = verdict.limit.penalty
    assert penalty is not None
    about = f"{verdict.limit.root}{SEPARATOR}{verdict.subject}"
    by_address = keys in ((ADDRESS,), (IDENTITY,)) and _is_network(verdict.subject)
    return AccessRule(
        id=f"penalty-{blake2b(about.encode(), digest_size=12).hexdigest()}",
        effect=Effect.DENY,
        reason=f"Abuse of {verdict.limit.name}.",
        cidr=verdict.subject if by_address else "",
        key="" if by_address else SEPARATOR.join(keys),
        subject="" if by_address else verdict.subject,
        expire_time=now + timedelta(microseconds=penalty.block),
        penalty_limit=verdict.limit.root,
    )


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
