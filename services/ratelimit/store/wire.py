"""What is said to `lua/decide.lua`, and what it answers: one string a batch is the cheapest for both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from struct import Struct
from typing import NamedTuple

from services.ratelimit.domain.limits import Enforcement
from services.ratelimit.domain.rules import Claim
from services.ratelimit.domain.terms import Terms

_HEAD = Struct("<BBHdd")
_LINE = Struct("<BBddddddddddd")
_ANSWER_HEAD = Struct("<BHq")
_ANSWER_LINE = Struct("<Bqqqqq")
_VERSION = Struct("<q")
_TOLD_BEFORE = 4

ALLOWED, PENALISED = 1, 2


class What(IntEnum):
    """What becomes of the counters."""

    TAKE = 1
    PEEK = 2
    CHARGE = 3
    """Charged whatever the limits say."""
    REFUSE = 4
    """Refused whatever the limits say."""


class Outcome(IntEnum):
    """What became of a call."""

    DENIED = 0
    ADMITTED = 1
    REUSED = 2
    """Its request id came before with another body."""


class _Head(IntFlag):
    ONCE = 1
    HOLD = 2
    FROM = 4


class _Line(IntFlag):
    SHADOW = 1
    ADAPTIVE = 2
    LENT = 4


@dataclass(frozen=True, slots=True)
class Ask:
    """One call, as the script reads it. `keys` and `texts` are in the order in which it needs them."""

    message: bytes
    keys: Sequence[bytes]
    texts: Sequence[bytes] = ()


Line = tuple[int, int, int, int, int, int]
"""Flags, capacity, remaining, retry, reset, delay."""


class Answer(NamedTuple):
    """What the script says of one call. `now` is Redis's clock, in microseconds since 1970.

    The answer to a replay is the first one, at its instant; `told` is then the version of the book that it went by.
    """

    outcome: int
    now: int
    lines: Sequence[Line]
    told: int | None = None


def head(what: What, count: int, *, patience: float, once: bool, hold: float, from_: bool) -> bytes:
    """The head of a call with `count` lines. Spans in microseconds; no `hold`, no reservation."""
    flags = _Head.ONCE * once | _Head.HOLD * bool(hold) | _Head.FROM * from_
    return _HEAD.pack(what, flags, count, patience, hold)


def once(digest: bytes, version: int) -> bytes:
    """What is kept of a call with a request id: the digest of its body, and the version of the book."""
    return digest + _VERSION.pack(version)


def line(claim: Claim, terms: Terms) -> bytes:
    """What a limit asks of its counter."""
    limit = claim.limit
    penalty = limit.penalty
    flags = (
        _Line.SHADOW * limit.shadow
        | _Line.ADAPTIVE * (limit.adaptive is not None)
        | _Line.LENT * (limit.enforcement is Enforcement.QUOTA)
    )
    span = (terms.span.start, terms.span.end, terms.span.next_end) if terms.span else (0, 0, 0)
    punished = (penalty.denials, penalty.addresses, penalty.window) if penalty else (0, 0, 0)
    subjects = limit.subjects if claim.subject else 0
    return _LINE.pack(
        limit.algorithm.value,
        flags,
        terms.units,
        terms.capacity,
        terms.rate,
        terms.window,
        *span,
        subjects,
        *punished,
    )


def answers(message: bytes) -> list[Answer]:
    """The answers in the script's reply, in the order of the calls."""
    found = []
    place = 0
    while place < len(message):
        outcome, count, now = _ANSWER_HEAD.unpack_from(message, place)
        place += _ANSWER_HEAD.size
        lines = [
            _ANSWER_LINE.unpack_from(message, start)
            for start in range(place, place + count * _ANSWER_LINE.size, _ANSWER_LINE.size)
        ]
        place += count * _ANSWER_LINE.size
        told = None
        if outcome >= _TOLD_BEFORE:
            [told] = _VERSION.unpack_from(message, place)
            place += _VERSION.size
            outcome -= _TOLD_BEFORE
        found.append(Answer(outcome, now, lines, told))
    return found
