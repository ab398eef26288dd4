"""`python -m clients.lint`: prints every place where the contract breaks a rule of ours, and fails if any does."""

import sys
from collections.abc import Callable, Iterator, Mapping

from clients.contract import IMAGE
from clients.lint import bounds, fields, policy, reasons, shapes
from clients.lint.exceptions import EXCEPTIONS
from clients.lint.subject import Finding, Subject, read

RULES: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    policy.access,
    policy.permission,
    policy.held_permissions,
    policy.used_permissions,
    policy.idempotency,
    policy.verbs,
    policy.routes,
    policy.unique_routes,
    policy.whole_answers,
    policy.deadlines,
    policy.caching,
    policy.hedging,
    policy.request_sizes,
    policy.deprecations,
    shapes.answers,
    shapes.request_ids,
    shapes.paging,
    shapes.updates,
    bounds.bounded,
    reasons.known_reasons,
    reasons.used_reasons,
    reasons.documented_reasons,
    fields.money,
    fields.instants,
    fields.spans,
    fields.resources,
    fields.references,
)


def main() -> None:
    sys.exit("\n".join(findings(read(IMAGE), EXCEPTIONS)) or None)


def findings(subject: Subject, exceptions: Mapping[tuple[str, str], str]) -> list[str]:
    """What breaks a rule, a line each. `exceptions` are by rule and path; one that is not needed is found too."""
    found = [(rule.__name__, finding) for rule in RULES for finding in rule(subject)]
    unused = exceptions.keys() - {(rule, finding.path) for rule, finding in found}
    lines = [f"{f.path}: {f.message} ({rule})" for rule, f in found if (rule, f.path) not in exceptions]
    return lines + [f"{path}: needs no exception from {rule}" for rule, path in sorted(unused)]


if __name__ == "__main__":
    main()
