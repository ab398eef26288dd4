"""CEL over what a saga has learnt: checked against the types of the contract, evaluated to messages of it.

A mapping of field paths is compiled as one message literal, so that the checker knows the type that each expression
must have, and one evaluation makes the whole request.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cel_expr_python import cel
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message

from services.saga.domain.structure import Mistake

Values = Mapping[str, Message]
"""What expressions see, by variable: `input`, `steps.hold`."""


class EvaluationError(Exception):
    """An expression that was well typed has no value, for these values."""


@dataclass(frozen=True)
class Expression:
    """A compiled expression."""

    compiled: cel.Expression
    variables: frozenset[str]
    """Those that it uses."""

    def value(self, values: Values) -> Any:
        """Its value. Raises `EvaluationError`."""
        found = self.compiled.eval(data={name: values[name] for name in self.variables if name in values})
        if found.type() == cel.Type.ERROR:
            raise EvaluationError(str(found.value()))
        return found.value()


class Scope:
    """The variables that an expression may use, by name, each a message of a type."""

    def __init__(self, pool: DescriptorPool, variables: Mapping[str, Descriptor]) -> None:
        self._names = frozenset(variables)
        types = {name: cel.Type(descriptor.full_name) for name, descriptor in variables.items()}
        self._env = cel.NewEnv(pool, variables=types)

    def expression(self, text: str, wanted: cel.Type) -> Expression:
        """Compiles an expression of a type. Raises `ValueError` with what is wrong."""
        compiled = self._compile(text)
        if not wanted.is_assignable_from(compiled.return_type()):
            raise ValueError(f"is of the type {compiled.return_type().name()}, not {wanted.name()}")
        return Expression(compiled, self._used(text))

    def message(self, type: Descriptor, mapping: Mapping[str, str], path: str) -> "Expression | list[Mistake]":
        """Compiles a mapping of field paths to expressions into a message, or says what is wrong with each."""
        mistakes = [mistake for field, text in mapping.items() for mistake in self._wrong(type, field, text, path)]
        if mistakes:
            return mistakes
        try:
            return Expression(self._compile(_literal(type, _tree(mapping))), self._used(*mapping.values()))
        except ValueError as error:  # a field is given as a whole and in parts
            return [Mistake(path, str(error), "EXPRESSION_INVALID")]

    def _wrong(self, type: Descriptor, field: str, text: str, path: str) -> Iterator[Mistake]:
        place = f'{path}["{field}"]'
        unknown = _unknown(type, field)
        if unknown:
            yield Mistake(place, unknown, "FIELD_UNKNOWN")
            return
        try:
            self._compile(text)
            self._compile(_literal(type, _tree({field: text})))
        except ValueError as error:
            yield Mistake(place, str(error), "EXPRESSION_INVALID")

    def _used(self, *texts: str) -> frozenset[str]:
        """The variables in expressions. What is handed to an evaluation is converted for it, used or not."""
        return frozenset(name for name in self._names for text in texts if re.search(rf"\b{re.escape(name)}\b", text))

    def _compile(self, text: str) -> cel.Expression:
        try:
            return self._env.compile(text)
        except RuntimeError as error:
            # Only the first line says what is wrong; the others show where, in text that the mapping was put into.
            said = str(error).splitlines()[0]
            raise ValueError(said.partition("ERROR: ")[2].partition(": ")[2].strip() or said) from None


Tree = dict[str, "Tree | str"]


def _tree(mapping: Mapping[str, str]) -> Tree:
    root: Tree = {}
    for path, text in mapping.items():
        *parents, last = path.split(".")
        node = root
        for parent in parents:
            below = node.setdefault(parent, {})
            if isinstance(below, str):
                raise ValueError(f"{parent} is given as a whole and in parts")
            node = below
        if last in node:
            raise ValueError(f"{last} is given as a whole and in parts")
        node[last] = text
    return root


def _literal(type: Descriptor, tree: Tree) -> str:
    fields = (
        f"{name}: ({value})" if isinstance(value, str) else f"{name}: {_literal(_below(type, name), value)}"
        for name, value in tree.items()
    )
    return f".{type.full_name}{{{', '.join(fields)}}}"


def _below(type: Descriptor, name: str) -> Descriptor:
    below = type.fields_by_name[name].message_type
    assert below is not None, "paths were checked"
    return below


def _unknown(type: Descriptor, path: str) -> str:
    """What is wrong with a field path; empty when nothing is."""
    held: Descriptor | None = type
    for name in path.split("."):
        field: FieldDescriptor | None = held.fields_by_name.get(name) if held else None
        if field is None:
            return f"{held.full_name if held else path} has no field {name}"
        if name == "request_id" and held is type:
            return "the request id is set by the orchestrator"
        held = None if field.is_repeated else field.message_type
    return ""
