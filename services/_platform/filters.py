"""List filters: the part of the AIP-160 language that keyset pages can serve from an index.

A filter is comparisons joined by AND, `field op literal`, and bare words or quoted phrases, which are searched for.
Which fields there are, and with which operators, is said by each list.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.descriptor import EnumDescriptor

from services._platform.errors import InvalidArgument

EQUALITY = frozenset({"=", "!="})
ORDER = EQUALITY | {"<", "<=", ">", ">="}

_LEAST, _GREATEST = -(2**31), 2**31 - 1  # of Postgres's int
_INTEGER = re.compile("-?[0-9]{1,18}")

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<op>!=|<=|>=|=|<|>)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<word>[A-Za-z0-9_.*/-]+)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field op value`; the value as text."""

    field: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter, read: all of the comparisons hold, and all of the terms are found."""

    comparisons: tuple[Comparison, ...] = ()
    terms: tuple[str, ...] = ()

    def values(self, field: str, op: str) -> list[str]:
        """The values that a field is compared with by an operator."""
        return [c.value for c in self.comparisons if c.field == field and c.op == op]

    def ids(self, field: str, op: str) -> list[str]:
        """The last segments of the resource names that a field is compared with by an operator."""
        return [value.rpartition("/")[2] for value in self.values(field, op)]

    def numbers(self, field: str, op: str, enum: EnumDescriptor) -> list[int]:
        """The numbers of the enum values that a field is compared with by an operator."""
        names = self.values(field, op)
        for name in names:
            if name not in enum.values_by_name:
                raise _invalid(f"{field!r} is compared with a value of {enum.name}, not {name!r}")
        return [enum.values_by_name[name].number for name in names]

    def pairs(self, prefix: str, op: str) -> list[tuple[str, str]]:
        """Keys and values of a map's comparisons: `labels.colour = "blue"` under `labels.`."""
        return [
            (c.field.removeprefix(prefix), c.value)
            for c in self.comparisons
            if c.field.startswith(prefix) and c.op == op
        ]

    def bounds(self, field: str) -> tuple[int, int]:
        """The least and greatest integer that the order comparisons of a field leave, both inclusive.

        When they leave none, the least is greater than the greatest.
        """
        low, high = _LEAST, _GREATEST
        for c in self.comparisons:
            if c.field != field or c.op in EQUALITY - {"="}:
                continue
            number = _integer(c)
            match c.op:
                case "=":
                    low, high = max(low, number), min(high, number)
                case "<" | "<=":
                    high = min(high, number - (c.op == "<"))
                case ">" | ">=":
                    low = max(low, number + (c.op == ">"))
        return (low, high) if low <= high else (_GREATEST, _LEAST)

    def integers(self, field: str, op: str) -> list[int]:
        """The integers that a field is compared with by an operator."""
        found = (_integer(c) for c in self.comparisons if c.field == field and c.op == op)
        return [number for number in found if _LEAST <= number <= _GREATEST]


def parse(text: str, fields: Mapping[str, frozenset[str]], *, search: bool = False) -> Filter:
    """Reads a filter. `fields` maps a field, or a map's `prefix.`, to its operators. Refuses what it cannot serve."""
    tokens = _tokens(text)
    comparisons: list[Comparison] = []
    terms: list[str] = []
    place = 0
    while place < len(tokens):
        if comparisons or terms:
            if tokens[place] == ("word", "AND"):
                place += 1
            elif not (search and tokens[place][0] != "op"):
                raise _invalid(f"expected AND before {tokens[place][1]!r}")
        match tokens[place : place + 3]:
            case [("word", field), ("op", op), ("word" | "string", value), *_]:
                comparisons.append(_comparison(field, op, value, fields))
                place += 3
            case [("word" | "string", term), *rest] if (
                search and term not in ("AND", "OR", "NOT") and (not rest or rest[0][0] != "op")
            ):
                terms.append(term)
                place += 1
            case [(_, found), *_]:
                raise _invalid(f"expected a comparison at {found!r}")
            case _:
                raise _invalid("ends after AND")
    return Filter(tuple(comparisons), tuple(terms))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _invalid(f"cannot read it at character {place + 1}")
        kind = match.lastgroup or ""
        value = match[kind]
        tokens.append((kind, re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "string" else value))
        place = match.end()
    return tokens


def _comparison(field: str, op: str, value: str, fields: Mapping[str, frozenset[str]]) -> Comparison:
    allowed = fields.get(field) or next(
        (ops for name, ops in fields.items() if name[-1] == "." and field.startswith(name)), None
    )
    if allowed is None:
        raise _invalid(f"there is no field {field!r}; there are {', '.join(sorted(fields))}")
    if op not in allowed:
        raise _invalid(f"{field!r} cannot be compared with {op}")
    return Comparison(field, op, value)


def _integer(comparison: Comparison) -> int:
    if not _INTEGER.fullmatch(comparison.value):
        raise _invalid(f"{comparison.field!r} is compared with a whole number")
    return int(comparison.value)


def _invalid(why: str) -> InvalidArgument:
    return InvalidArgument.of("filter", why, reason="FILTER_INVALID")
