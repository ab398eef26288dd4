"""Values of single fields that keep the field's rules, the edges of what is allowed among them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money
from hypothesis import strategies as st

from buf.validate import validate_pb2
from tests.contract.subject import enum_numbers

Strategy = st.SearchStrategy[Any]

_INTEGERS = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SINT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SFIXED32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_SINT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_SFIXED64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_FIXED32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.TYPE_FIXED64: (0, 2**64 - 1),
}
# Every character but the two kinds that no server of the mesh keeps: surrogates, and U+0000.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")

_FORMATS: Mapping[str, Strategy] = {
    "uuid": st.uuids().map(str),
    "tuuid": st.uuids().map(lambda one: one.hex),
    "email": st.from_regex(r"[a-z0-9]{1,12}@[a-z]{1,12}\.(com|org)", fullmatch=True),
    "hostname": st.from_regex(r"[a-z]{1,12}(\.[a-z]{1,12}){1,2}", fullmatch=True),
    "address": st.from_regex(r"[a-z]{1,12}\.example", fullmatch=True),
    "host_and_port": st.from_regex(r"[a-z]{1,12}\.example:[1-9][0-9]{1,3}", fullmatch=True),
    "uri": st.from_regex(r"https://[a-z]{1,12}\.example/[a-z0-9]{0,12}", fullmatch=True),
    "uri_ref": st.from_regex(r"/[a-z0-9]{1,12}", fullmatch=True),
    "ip": st.ip_addresses().map(str),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
    "ulid": st.from_regex(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", fullmatch=True),
}


def scalar(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Strategy:
    """Values of one element of a field that is no message."""
    if field.type == FieldDescriptor.TYPE_ENUM:
        return _enum(field, rules.enum)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return st.booleans()
    if field.type == FieldDescriptor.TYPE_STRING:
        return _string(rules.string)
    if field.type == FieldDescriptor.TYPE_BYTES:
        most = rules.bytes.len or min(rules.bytes.max_len if rules.bytes.HasField("max_len") else 32, 64)
        return st.binary(min_size=rules.bytes.len or rules.bytes.min_len, max_size=most)
    of_type = getattr(rules, rules.WhichOneof("type") or "int32")
    if field.type in _INTEGERS:
        return _integer(of_type, *_INTEGERS[field.type])
    return _chosen(of_type) or st.floats(
        *(_limit(of_type, names, None) for names in (("gte", "gt"), ("lte", "lt"))),
        allow_nan=False,
        allow_infinity=False,
        width=64 if field.type == FieldDescriptor.TYPE_DOUBLE else 32,
        exclude_min=of_type.HasField("gt"),
        exclude_max=of_type.HasField("lt"),
    )


def duration(rules: validate_pb2.DurationRules) -> st.SearchStrategy[Message]:
    """Spans within the rules, to the microsecond; without any, of up to a day."""
    low = _nanos(rules.gte) if rules.HasField("gte") else _nanos(rules.gt) + 1 if rules.HasField("gt") else 0
    high = _nanos(rules.lte) if rules.HasField("lte") else _nanos(rules.lt) - 1 if rules.HasField("lt") else 0
    most = high or low + 86_400 * 10**9
    micros = _within(-(-low // 1000), most // 1000)
    return micros.map(lambda n: Duration(seconds=n // 10**6, nanos=n % 10**6 * 1000))


def timestamp(rules: validate_pb2.TimestampRules) -> st.SearchStrategy[Message]:
    """Instants of the last or the next ten years, to the microsecond, as the rules want."""
    now = datetime.now(UTC)
    ahead = rules.gt_now or rules.HasField("gt") or rules.HasField("gte")
    low, high = (now + timedelta(hours=1), now + timedelta(days=3650)) if ahead else (now - timedelta(days=3650), now)

    def stamp(instant: datetime) -> Timestamp:
        message = Timestamp()
        message.FromDatetime(instant)
        return message

    naive = st.datetimes(low.replace(tzinfo=None), high.replace(tzinfo=None), timezones=st.just(UTC))
    return naive.map(stamp)


def _enum(field: FieldDescriptor, rules: validate_pb2.EnumRules) -> Strategy:
    allowed = set(getattr(rules, "in")) or set(enum_numbers(field))
    return st.sampled_from(sorted(allowed - set(rules.not_in)))


def _string(rules: validate_pb2.StringRules) -> Strategy:
    """The contract's own examples come first: what is to be said in them the other rules may not tell."""
    some = _text(rules)
    return st.one_of(st.sampled_from(list(rules.example)), some) if rules.example else some


def _text(rules: validate_pb2.StringRules) -> Strategy:
    if chosen := _chosen(rules):
        return chosen
    if rules.pattern:
        # The contract's patterns are RE2, where `$` is the end; in Python a newline may follow it.
        return st.from_regex(re.compile(re.sub(r"\$$", r"\\Z", rules.pattern)))
    for known, values in _FORMATS.items():
        if getattr(rules, known):
            return values
    least = rules.len or rules.min_len
    most = rules.len or (rules.max_len if rules.HasField("max_len") else least + 40)
    around = rules.prefix + rules.contains, rules.suffix
    inner = least - sum(map(len, around))
    some = st.text(CHARACTERS, min_size=max(inner, 0), max_size=max(min(most, least + 20) - sum(map(len, around)), 0))
    values = some.map(lambda text: around[0] + text + around[1])
    # The longest that is allowed, without drawing it letter by letter.
    longest = st.just(most - sum(map(len, around))).map(lambda length: around[0] + "ü" * length + around[1])
    return st.one_of(values, longest)


def _integer(rules: Any, low: int, high: int) -> Strategy:
    low = int(_limit(rules, ("gte", "gt"), low)) + rules.HasField("gt")
    high = int(_limit(rules, ("lte", "lt"), high)) - rules.HasField("lt")
    barred = set(rules.not_in)
    return _chosen(rules) or _within(low, high).filter(lambda one: one not in barred)


def _within(low: int, high: int) -> Strategy:
    edges = [one for one in (low, high, 0, 1) if low <= one <= high]
    small = st.integers(max(low, min(0, high)), min(high, max(low, 0) + 100))
    return st.one_of(small, st.sampled_from(edges), st.integers(low, high))


def _chosen(rules: Any) -> Strategy | None:
    if rules.HasField("const"):
        return st.just(rules.const)
    return st.sampled_from(list(getattr(rules, "in"))) if getattr(rules, "in") else None


def _limit(rules: Any, names: tuple[str, ...], default: Any) -> Any:
    return next((getattr(rules, name) for name in names if rules.HasField(name)), default)


def _nanos(span: Duration) -> int:
    return span.seconds * 10**9 + span.nanos


def money() -> Strategy:
    """Amounts that can be paid, in currencies with two digits after the point, none and three."""
    digits = st.sampled_from([("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3)])
    amount = st.one_of(st.integers(0, 1_000), st.integers(0, 10**15))
    return st.builds(_money, digits, amount)


def _money(currency: tuple[str, int], amount: int) -> Money:
    code, digits = currency
    units, rest = divmod(amount, 10**digits)
    return Money(currency_code=code, units=units, nanos=rest * 10 ** (9 - digits))
