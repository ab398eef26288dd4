"""`python -m clients.lint.tightened`: fails when the contract refuses what it took before.

buf compares shapes. A caller is broken just as well by a rule that got stricter, a policy that lets fewer in or a path
that is gone: they are compared here, with the same earlier contract.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from google.protobuf.descriptor import Descriptor

from clients import contract
from clients.contract import IMAGE, Method
from clients.lint import policy_changes, rule_changes
from clients.lint.breaking import NOTHING_EARLIER, ROOT, earlier
from clients.lint.exceptions import TIGHTENED
from clients.lint.subject import Finding


def main() -> None:
    before = earlier(ROOT)
    if before is None:
        sys.stdout.write(f"{NOTHING_EARLIER}\n")
        return
    with tempfile.NamedTemporaryFile(suffix=".binpb") as image:
        image.write(before)
        image.flush()
        sys.exit("\n".join(findings(Path(image.name), IMAGE, TIGHTENED)) or None)


def findings(before: Path, after: Path, exceptions: Mapping[str, str]) -> list[str]:
    """What was tightened between two images, a line each; `exceptions` are by path."""
    found = [*policies(before, after), *rules(before, after)]
    return sorted({f"{one.path}: {one.message}" for one in found if one.path not in exceptions})


def policies(before: Path, after: Path) -> Iterator[Finding]:
    """RPCs that fewer may call, for shorter, or no longer in the same way. An RPC that is gone is buf's to find."""
    then, now = _methods(before), _methods(after)
    for path in then.keys() & now.keys():
        name = path.removeprefix("/").replace("/", ".")
        yield from (Finding(name, change) for change in policy_changes.tightened(then[path], now[path]))


def rules(before: Path, after: Path) -> Iterator[Finding]:
    """Rules of what callers send that got stricter. Those of answers bind servers only."""
    then, now = _requested(before), _requested(after)
    for name in then.keys() & now.keys():
        for field, change in rule_changes.tightened(then[name], now[name]):
            yield Finding(f"{name}.{field}" if field else name, change)


def _methods(image: Path) -> dict[str, Method]:
    return {method.path: method for service in contract.services(image) for method in contract.methods(service)}


def _requested(image: Path) -> dict[str, Descriptor]:
    """The messages that requests consist of, by full name."""
    found: dict[str, Descriptor] = {}
    asked = [method.descriptor.input_type for method in _methods(image).values()]
    while asked:
        message = asked.pop()
        if message.full_name not in found and message.file.package.startswith("mesh."):
            found[message.full_name] = message
            asked += [field.message_type for field in message.fields if field.message_type is not None]
    return found


if __name__ == "__main__":
    main()
