"""How data is written in Lua."""

from typing import Any, TypeAlias

Table: TypeAlias = dict[str, Any]


class Code(str):
    """An expression, to be written as it is."""

    __slots__ = ()


def settings(values: Table) -> str:
    """Lines that give names to values."""
    return "".join(f"local {name} = {table(value)}\n" for name, value in values.items())


def table(value: object) -> str:
    """A literal. Keys are sorted, so that equal data is equal text."""
    match value:
        case Code():
            return str(value)
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str() if '"' not in value and "\\" not in value and "\n" not in value:
            return f'"{value}"'
        case dict():
            entries = (f"[{table(key)}] = {table(inner)}" for key, inner in sorted(value.items()))
            return "{ " + ", ".join(entries) + " }"
    raise TypeError(f"{value!r} has no literal")
