"""Checks messages against the rules of the contract (protovalidate), always."""

from google.protobuf.message import Message
from protovalidate import Validator, Violation

from services._platform.errors import FieldViolation, InvalidArgument

_validator = Validator()


def validate(message: Message, prefix: str = "") -> None:
    """Raises `InvalidArgument` with every rule that the message breaks; field paths start with `prefix`."""
    violations = _validator.collect_violations(message)
    if violations:
        raise refusal([_field_violation(violation, prefix) for violation in violations])


def refusal(violations: list[FieldViolation]) -> InvalidArgument:
    """The refusal of a request for its fields."""
    message = "; ".join(f"{v.field}: {v.description}" for v in violations)
    return InvalidArgument(message, violations=violations)


def _field_violation(violation: Violation, prefix: str) -> FieldViolation:
    path = [prefix] if prefix else []
    rule = violation.proto
    for element in rule.field.elements if rule.field else ():
        subscript = element.subscript
        if subscript is None:
            path.append(element.field_name)
        elif subscript.field == "index":
            path.append(f"{element.field_name}[{subscript.value}]")
        else:
            path.append(f'{element.field_name}["{subscript.value}"]')
    # A rule over several fields sits on the message; its id says which field it is about: `message.field.path`.
    if rule.rule is None:
        path.append(rule.rule_id.partition(".")[2])
    return FieldViolation(".".join(path), rule.message, rule.rule_id)
