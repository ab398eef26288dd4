"""What is said to `lua/decide.lua`, and what it answers: one string a batch is the cheapest for both sides."""

from collections.abc import Sequence
from enum import IntEnum, IntFlag
from functools import cache
from struct import Struct
from typing import NamedTuple

from services.ratelimit.domain.limits import Enforcement
from services.ratelimit.domain.rules import Claim
from services.ratelimit.domain.terms import Terms

_HEAD = Struct("<BBHdd")
_LINE = Struct("<BBddddddddddd")
_NOW = Struct("<q")
_TOLD = Struct("<BHq")
_VERSION = Struct("<q")
_REUSED, _TOLD_BEFORE, _ORDINARY = 2, 4, 8
_WIDTH = 6
"""Numbers that are said of a limit."""

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


class Ask(NamedTuple):
    """One call, as the script reads it: what it has in common with others of its kind, and for how many limits.

    `keys` and `texts` are in the order in which the script needs them.
    """

    kind: bytes
    limits: int
    keys: Sequence[bytes]
    texts: Sequence[bytes] = ()


Line = tuple[int, int, int, int, int, int]
"""Flags, capacity, remaining, retry, reset, delay."""


class Answer(NamedTuple):
    """What the script says of one call. `now` is Redis's clock, in microseconds since 1970.

    The answer to a replay is the first one, at its instant; `told` is then the version of the book that it went by.
    """

    said: Sequence[int]
    """The outcome, then the lines one after the other."""
    now: int
    told: int | None = None

    @property
    def outcome(self) -> int:
        """What became of the call: an `Outcome`."""
        return self.said[0] % _TOLD_BEFORE

    @property
    def ordinary(self) -> bool:
        """Whether the call may pass, and no limit says more than that there is enough left."""
        return self.said[0] >= _ORDINARY

    @property
    def lines(self) -> Sequence[Line]:
        """What each limit says."""
        return list(zip(*[iter(self.said[1:])] * _WIDTH, strict=True))


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


def batch(asks: Sequence[Ask]) -> bytes:
    """Calls as the script reads them: their kinds, then the kind of each. At most 255."""
    kinds: dict[bytes, int] = {}
    order = bytes([kinds.setdefault(ask.kind, len(kinds)) for ask in asks])
    return b"".join((len(kinds).to_bytes(), *kinds, order))


def answers(asks: Sequence[Ask], message: bytes) -> list[Answer]:
    """The answers in the script's reply, in the order of the calls."""
    [now] = _NOW.unpack_from(message)
    limits = asks[0].limits
    if all(ask.limits == limits and not ask.texts for ask in asks):  # as most are
        return [Answer(said, now) for said in _said(limits).iter_unpack(message[_NOW.size :])]
    place = _NOW.size
    found = []
    for ask in asks:
        outcome = message[place]
        if outcome == _TOLD_BEFORE:
            _, limits, at = _TOLD.unpack_from(message, place)
            said = _said(limits)
            place += _TOLD.size
            [told] = _VERSION.unpack_from(message, place + said.size)
            found.append(Answer(said.unpack_from(message, place), at, told))
            place += said.size + _VERSION.size
        else:
            said = _said(ask.limits if outcome != _REUSED else 0)
            found.append(Answer(said.unpack_from(message, place), now))
            place += said.size
    return found


@cache
def _said(limits: int) -> Struct:
    return Struct("<B" + "Bqqqqq" * limits)
