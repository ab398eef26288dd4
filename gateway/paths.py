"""The JSON paths of the contract, as patterns over a request's path."""

import re
from dataclasses import dataclass

from gateway.surface import Surface

# `{name}`, `{name=products/*}`, `{product.name=products/*}`
_VARIABLE = re.compile(r"\{[^{}=]+(?:=([^{}]+))?\}")
_WILDCARD = re.compile(r"\*\*|\*")
_QUERY = r"(?:\?.*)?"


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path template and the HTTP verbs that it exists for."""

    pattern: str
    """An RE2 expression over the whole `:path`, query included."""
    verbs: tuple[str, ...]


def json_paths(surface: Surface) -> list[JsonPath]:
    """Every path once; those with a custom verb (`:cancel`) before those that would take it for part of a name."""
    verbs: dict[str, set[str]] = {}
    for rule in (rule for rpc in surface.rpcs for rule in rpc.http):
        verbs.setdefault(_VARIABLE.sub(lambda variable: variable[1] or "*", rule.path), set()).add(rule.verb)
    templates = sorted(verbs, key=lambda template: (":" not in template, template))
    return [JsonPath(_pattern(template), tuple(sorted(verbs[template]))) for template in templates]


def _pattern(template: str) -> str:
    """The wildcards of `google.api.http`: `*` is a segment, `**` is any number of them."""
    literals = map(re.escape, _WILDCARD.split(template))
    wildcards = ["[^?]*" if wildcard == "**" else "[^/?]+" for wildcard in _WILDCARD.findall(template)]
    return "".join(a + b for a, b in zip(literals, [*wildcards, _QUERY], strict=True))
