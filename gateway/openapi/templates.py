"""The paths of `google.api.http` as OpenAPI writes them: every wildcard is a parameter with a name of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_VARIABLE = re.compile(r"\{([^{}=]+)(?:=([^{}]+))?\}")
_WILDCARD = re.compile(r"(?:([^/*]+)/)?(\*\*|\*)")


@dataclass(frozen=True, slots=True)
class Template:
    """A path, its parameters, and the top-level fields of the request that it fills."""

    path: str
    parameters: tuple[str, ...]
    fields: tuple[str, ...]
    """Dotted proto paths."""


def template(path: str, singular: Mapping[str, str]) -> Template:
    """`/v1/{name=products/*}` is `/v1/products/{product}`; `singular` names one of a collection."""
    parameters: list[str] = []
    fields: list[str] = []

    def variable(found: re.Match[str]) -> str:
        fields.append(found[1])
        if found[2] is None:
            parameters.append(found[1])
            return f"{{{found[1]}}}"
        return _WILDCARD.sub(wildcard, found[2])

    def wildcard(found: re.Match[str]) -> str:
        collection = found[1] or ""
        name = singular.get(collection, collection or fields[-1])
        if name in parameters:
            name = f"{name}_{len(parameters)}"
        parameters.append(name)
        return f"{collection}/{{{name}}}" if collection else f"{{{name}}}"

    return Template(_VARIABLE.sub(variable, path), tuple(parameters), tuple(fields))
