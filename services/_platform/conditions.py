"""Conditions in CEL over typed messages: checked when they are written, evaluated when they are asked."""

from collections import OrderedDict

from cel_expr_python import cel
from google.protobuf.message import Message

_REMEMBERED = 10_000


class ConditionError(Exception):
    """A condition that cannot be checked or evaluated; says where and why."""


class Conditions:
    """Conditions over the same variables, each of a message type. One that was compiled is remembered."""

    def __init__(self, **variables: type[Message]) -> None:
        types = {name: cel.Type(kind.DESCRIPTOR.full_name) for name, kind in variables.items()}
        self._environment = cel.NewEnv(variables=types)
        self._compiled: OrderedDict[str, cel.Expression] = OrderedDict()

    def check(self, condition: str) -> None:
        """Raises `ConditionError` unless the condition is CEL over the variables that gives a bool."""
        self._expression(condition)

    def holds(self, condition: str, **values: Message) -> bool:
        """Whether a condition holds. Raises `ConditionError` when it cannot be evaluated on these values."""
        try:
            result = self._expression(condition).eval(data=values)
        except RuntimeError as error:  # the evaluation was stopped: it loops too long
            raise ConditionError(_first_line(str(error))) from error
        if result.type() != cel.Type.BOOL:
            raise ConditionError(str(result.value()))
        return bool(result.value())

    def _expression(self, condition: str) -> "cel.Expression":
        if condition in self._compiled:
            self._compiled.move_to_end(condition)
            return self._compiled[condition]
        try:
            expression = self._environment.compile(condition)
        except RuntimeError as error:
            raise ConditionError(_first_line(str(error))) from error
        if expression.return_type() != cel.Type.BOOL:
            raise ConditionError(f"gives {expression.return_type().name()}, not a bool")
        self._compiled[condition] = expression
        if len(self._compiled) > _REMEMBERED:
            self._compiled.popitem(last=False)
        return expression


def _first_line(text: str) -> str:
    return text.removeprefix("INVALID_ARGUMENT: ").partition("\n")[0].removeprefix("ERROR: <input>:")
