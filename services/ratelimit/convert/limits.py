"""Limits, as messages. Enums have the contract's numbers; 0 stands for the default."""

from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import TypeVar

from mesh.ratelimit.v1 import rate_limit_pb2 as pb
from services._platform.errors import InvalidArgument
from services._platform.times import timestamp
from services.ratelimit.convert import names
from services.ratelimit.convert.spans import duration, microseconds
from services.ratelimit.domain.calendars import zone_exists
from services.ratelimit.domain.limits import (
    Adaptive,
    Algorithm,
    Calendar,
    Enforcement,
    Limit,
    Mode,
    Outage,
    Penalty,
    Reserved,
    Tier,
)

_TIERS = {pb.TIER_FREE: Tier.FREE, pb.TIER_PREMIUM: Tier.PREMIUM, pb.TIER_ENTERPRISE: Tier.ENTERPRISE}
_TIER_NUMBERS = {tier: number for number, tier in _TIERS.items()}
Choice = TypeVar("Choice", bound=Enum)


def limit(limit: Limit) -> pb.RateLimit:
    """A limit as a message, defaults spelled out."""
    message = pb.RateLimit(
        name=limit.name,
        display_name=limit.display_name,
        match=limit.match,
        keys=limit.keys,
        base=names.RATE_LIMIT.name(limit.base) if limit.base else "",
        tier=tier_number(limit),
        subject=limit.subject,
        algorithm=pb.Algorithm.ValueType(limit.algorithm.value),
        limit=limit.limit,
        calendar=pb.Calendar.ValueType(limit.calendar.value) if limit.calendar else pb.CALENDAR_UNSPECIFIED,
        time_zone=limit.time_zone if limit.calendar else "",
        burst=limit.burst,
        mode=pb.Mode.ValueType(limit.mode.value),
        outage=pb.Outage.ValueType(limit.outage.value),
        enforcement=pb.Enforcement.ValueType(limit.enforcement.value),
        max_subjects=limit.max_subjects,
        etag=str(limit.version),
        create_time=timestamp(limit.create_time),
        update_time=timestamp(limit.update_time),
    )
    if limit.window:
        message.window.CopyFrom(duration(limit.window))
    if limit.penalty:
        message.penalty.CopyFrom(_penalty(limit.penalty))
    if limit.adaptive:
        message.adaptive.CopyFrom(_adaptive(limit.adaptive))
    if limit.reserved != Reserved():
        message.reserved.critical, message.reserved.normal = limit.reserved.critical, limit.reserved.normal
    return message


def to_limit(id: str, message: pb.RateLimit) -> Limit:
    """A limit from what a caller may say of it. Refuses a time zone that there is not."""
    if message.time_zone and not zone_exists(message.time_zone):
        raise InvalidArgument.of("rate_limit.time_zone", f"there is no time zone {message.time_zone!r}")
    return Limit(
        id=id,
        algorithm=Algorithm(message.algorithm),
        limit=message.limit,
        window=microseconds(message.window),
        calendar=Calendar(message.calendar) if message.calendar else None,
        time_zone=message.time_zone or "UTC",
        burst=message.burst,
        display_name=message.display_name,
        match=dict(message.match),
        keys=tuple(message.keys),
        base=names.RATE_LIMIT.id(message.base) if message.base else "",
        tier=_TIERS.get(message.tier),
        subject=message.subject,
        mode=_choice(Mode, message.mode, Mode.ENFORCE),
        outage=_choice(Outage, message.outage, Outage.LOCAL_SHARE),
        enforcement=_choice(Enforcement, message.enforcement, Enforcement.EXACT),
        penalty=_to_penalty(message.penalty) if message.HasField("penalty") else None,
        adaptive=_to_adaptive(message.adaptive) if message.HasField("adaptive") else None,
        reserved=Reserved(message.reserved.critical, message.reserved.normal),
        max_subjects=message.max_subjects,
    )


def version(
    limit_: Limit, number: int, actor: str, write_time: datetime, *, deleted: bool = False
) -> pb.RateLimitVersion:
    """A state that a limit has been in."""
    return pb.RateLimitVersion(
        version=number, rate_limit=limit(limit_), deleted=deleted, actor=actor, write_time=timestamp(write_time)
    )


def stored(body: bytes, id: str, version: int, create_time: datetime, update_time: datetime) -> Limit:
    """A limit from what is stored of it."""
    read = to_limit(id, pb.RateLimit.FromString(body))
    return replace(read, version=version, create_time=create_time, update_time=update_time)


def tier_number(limit: Limit) -> "pb.Tier.ValueType":
    """The contract's number of a limit's tier."""
    return _TIER_NUMBERS[limit.tier] if limit.tier else pb.TIER_UNSPECIFIED


def _choice(kind: type[Choice], number: int, default: Choice) -> Choice:
    return kind(number) if number else default


def _penalty(penalty: Penalty) -> pb.Penalty:
    return pb.Penalty(
        denials=penalty.denials,
        addresses=penalty.addresses,
        window=duration(penalty.window),
        block=duration(penalty.block),
    )


def _to_penalty(message: pb.Penalty) -> Penalty:
    return Penalty(message.denials, message.addresses, microseconds(message.window), microseconds(message.block))


def _adaptive(adaptive: Adaptive) -> pb.Adaptive:
    return pb.Adaptive(
        target_latency=duration(adaptive.target_latency),
        max_error_ratio=adaptive.max_error_ratio,
        min_factor=adaptive.min_factor,
    )


def _to_adaptive(message: pb.Adaptive) -> Adaptive:
    return Adaptive(microseconds(message.target_latency), message.max_error_ratio, message.min_factor)
