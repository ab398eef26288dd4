"""Rules of refusals: what an RPC may answer with is documented, and what is documented is answered."""

import json
import re
from collections.abc import Iterator

from google.protobuf.descriptor import EnumDescriptor
from google.rpc import code_pb2

from clients.contract import area
from clients.lint.subject import Finding, Subject

_CODE = re.compile(rf"(?:{'|'.join(code_pb2.Code.keys())})\b")
_PREFIX = "ERROR_REASON_"
_SHARED = "options"
"""The area of the reasons that every RPC may answer with."""


def known_reasons(subject: Subject) -> Iterator[Finding]:
    """An RPC names reasons of its own area."""
    for rpc in subject.methods:
        own = area(rpc.service)
        known = _names(subject.reasons[own]) if own in subject.reasons else ()
        for reason in rpc.errors:
            if reason not in known:
                yield Finding(rpc.descriptor.full_name, f"error {reason} is not in the ErrorReason of {own}")


def used_reasons(subject: Subject) -> Iterator[Finding]:
    """Some RPC of the area names each of its reasons."""
    for own, enum in subject.reasons.items():
        if own == _SHARED:
            continue
        used = {reason for rpc in subject.methods if area(rpc.service) == own for reason in rpc.errors}
        for reason in _names(enum):
            if reason not in used:
                yield Finding(f"{enum.full_name}.{_PREFIX}{reason}", "no RPC names this error")


def documented_reasons(subject: Subject) -> Iterator[Finding]:
    """The comment of a reason starts with its gRPC code and shows an `ErrorInfo` as a caller gets it."""
    for enum in subject.reasons.values():
        for reason in _names(enum):
            path = f"{enum.full_name}.{_PREFIX}{reason}"
            comment = subject.comments[path].strip()
            if not _CODE.match(comment):
                yield Finding(path, "the comment does not start with a gRPC code")
            if not _shows(comment, reason):
                yield Finding(path, f'no "Example:" with the JSON of an ErrorInfo of {reason} in domain mesh')


def _names(enum: EnumDescriptor) -> list[str]:
    return [value.name.removeprefix(_PREFIX) for value in enum.values if value.number]


def _shows(comment: str, reason: str) -> bool:
    example = re.search(r"Example:\s*(\{.*)", comment, re.DOTALL)
    if example is None:
        return False
    try:
        info, _ = json.JSONDecoder().raw_decode(example[1])
    except json.JSONDecodeError:
        return False
    return bool(info.get("reason") == reason and info.get("domain") == "mesh")
