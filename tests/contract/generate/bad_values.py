"""For each rule of a field, values that should break it: candidates, of which the judge takes one that does."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from buf.validate import validate_pb2
from tests.contract.subject import entry, enum_numbers, new

_NANOS = 10**9
_FAR = 4102444800  # the year 2100
_TEXTS = ["", "!", "\n", " ", "not valid", "UPPER", "x" * 400, "::"]
# Rules that say how others are read, and break nothing themselves.
_SILENT = {"example", "strict", "finite"}


def bad_values(
    field: FieldDescriptor, rules: validate_pb2.FieldRules, good: Callable[[], Any] | None
) -> Iterator[tuple[str, list[Any]]]:
    """The rules of a field, each with candidates. `None` leaves the field out; `good` makes a value that is right."""
    if rules.required:
        yield "required", [None]
    for cel in rules.cel:
        yield cel.id, [None, *_of_type(field)]
    kind = rules.WhichOneof("type")
    if kind == "repeated":
        yield from _of_list(field, rules.repeated, good)
    elif kind == "map":
        yield from _of_map(field, rules.map)
    elif kind is not None:
        yield from _of_value(field, rules, good)


def _of_type(field: FieldDescriptor) -> list[Any]:
    if field.message_type is not None:
        return [new(field.message_type)]
    return _TEXTS if field.type == FieldDescriptor.TYPE_STRING else [0, -1, 1]


def _of_value(field: FieldDescriptor, rules: validate_pb2.FieldRules, good: Any) -> Iterator[tuple[str, list[Any]]]:
    kind = str(rules.WhichOneof("type"))
    of_type = getattr(rules, kind)
    for rule, limit in of_type.ListFields():
        if rule.name in _SILENT:
            continue
        match kind:
            case "string":
                values = _bad_texts(rule.name, limit, good)
            case "bytes":
                values = [_sized(rule.name, limit, b"x"), b""]
            case "enum":
                numbers = enum_numbers(field)
                values = {"not_in": list(of_type.not_in), "const": numbers}.get(rule.name, [max(numbers) + 1])
            case "duration":
                values = [_span(nanos) for nanos in _around(limit.seconds * _NANOS + limit.nanos)]
            case "timestamp":
                values = [Timestamp(seconds=_FAR), Timestamp(seconds=1)]
                if isinstance(limit, Timestamp):
                    values += [Timestamp(seconds=limit.seconds + one) for one in (-1, 0, 1)]
            case "bool":
                values = [not limit]
            case "field_mask":
                continue
            case _:
                values = _bad_numbers(rule.name, limit)
        yield rule.name, values


def _bad_texts(rule: str, limit: Any, good: Any) -> list[Any]:
    if rule in ("min_len", "max_len", "len", "len_bytes", "min_bytes", "max_bytes"):
        return [_sized(rule, limit, "x")]
    if rule == "not_in":
        return list(limit)
    known = str(good()) if good else ""
    # A newline at the end is what a careless `$` lets through.
    return [f"{known}\n", f"{known}!", *_TEXTS]


def _bad_numbers(rule: str, limit: Any) -> list[Any]:
    if rule == "finite":
        return [math.inf, math.nan]
    values = list(limit) if rule in ("in", "not_in") else [limit]
    return [one + step for one in values for step in (0, -1, 1)] + [max(values) + 1]


def _of_list(field: FieldDescriptor, rules: Any, good: Any) -> Iterator[tuple[str, list[Any]]]:
    some = good() if rules.max_items or rules.unique or rules.min_items else None
    if rules.min_items:
        yield "min_items", [[some] * (rules.min_items - 1)]
    if rules.max_items:
        distinct = [f"{some}{n}" for n in range(rules.max_items + 1)] if isinstance(some, str) else []
        yield "max_items", [[some] * (rules.max_items + 1), distinct]
    if rules.unique:
        yield "unique", [[some, some]]
    if rules.HasField("items"):
        for rule, values in _of_value(field, rules.items, good):
            yield f"items.{rule}", [[one] for one in values]


def _of_map(field: FieldDescriptor, rules: Any) -> Iterator[tuple[str, list[Any]]]:
    key, value = entry(field)
    numbered = [f"k{n}" if key.type == FieldDescriptor.TYPE_STRING else n for n in range(rules.max_pairs + 1)]
    plain: Any = "v" if value.type == FieldDescriptor.TYPE_STRING else 1
    if rules.min_pairs:
        yield "min_pairs", [dict.fromkeys(numbered[: rules.min_pairs - 1], plain)]
    if rules.max_pairs:
        yield "max_pairs", [dict.fromkeys(numbered, plain)]
    if rules.keys.WhichOneof("type"):
        for rule, values in _of_value(key, rules.keys, None):
            yield f"keys.{rule}", [{one: plain} for one in values]
    if rules.values.WhichOneof("type"):
        for rule, values in _of_value(value, rules.values, None):
            yield f"values.{rule}", [{numbered[0]: one} for one in values]


def _sized(rule: str, limit: int, one: Any) -> Any:
    return one * (limit + 1 if rule.startswith(("max", "len")) else max(limit - 1, 0))


def _around(nanos: int) -> list[int]:
    return [nanos - 1, nanos + 1, nanos]


def _span(nanos: int) -> Message:
    sign = -1 if nanos < 0 else 1
    return Duration(seconds=sign * (abs(nanos) // _NANOS), nanos=sign * (abs(nanos) % _NANOS))
