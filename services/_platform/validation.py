"""Checks messages against the rules of the contract (protovalidate), always."""

from google.protobuf.message import Message
from protovalidate import Validator, Violation

from services._platform.errors import FieldViolation, InvalidArgument
from services._platform.wellformed import malformed

_validator = Validator()


def validate(message: Message, prefix: str = "") -> None:
    """Raises `InvalidArgument` with every rule that the message breaks; field paths start with `prefix`.

    What Postgres cannot keep is refused like a broken rule.
    """
    violations = [_field_violation(violation, prefix) for violation in _validator.collect_violations(message)]
    violations += malformed(message, prefix)
    if violations:
        raise refusal(violations)


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
    if rule.rule is None and (field := rule.rule_id.partition(".")[2]):
        path.append(field)
    return FieldViolation(".".join(path), rule.message, rule.rule_id)
