"""`python -m clients.lint.breaking`: fails when the protos break callers of the contract on the main branch.

A branch is compared with where it left main. On main itself, as in a fresh clone, that is with the commit before.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "clients/gen/mesh.binpb"
NOTHING_EARLIER = "skipped: there is no earlier contract to compare with"


def main() -> None:
    sys.exit(check(ROOT))


def check(repository: Path) -> int:
    """Compares the protos of a working tree; returns buf's exit code, 0 when all is well."""
    before = earlier(repository)
    if before is None:
        sys.stdout.write(f"{NOTHING_EARLIER}\n")
        return 0
    # Source against an image: findings point into the files here, and the past needs no third-party protos.
    command = [str(Path(sys.executable).with_name("buf")), "breaking", "protos", "--against", "-#format=binpb"]
    return subprocess.run(command, cwd=repository, input=_used(before)).returncode


def _used(image: bytes) -> bytes:
    """An image without the files of third parties that ours do not import, which no comparison is about."""
    files = {file.name: file for file in FileDescriptorSet.FromString(image).file}
    used: set[str] = set()
    waiting = [name for name, file in files.items() if file.package.startswith("mesh.")]
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting += files[name].dependency
    kept = (file for name, file in files.items() if name in used)
    return FileDescriptorSet(file=kept).SerializeToString()


def earlier(repository: Path) -> bytes | None:
    """The image of the contract that is in use; none when there is no earlier one to compare with."""
    commit = base(repository)
    return _git(repository, "show", f"{commit}:{IMAGE}") if commit else None


def base(repository: Path) -> str | None:
    """The commit whose contract is in use; none when the repository holds no other commit than HEAD."""
    head = _git(repository, "rev-parse", "HEAD")
    return next((commit.decode().strip() for commit in _candidates(repository) if commit != head), None)


def _candidates(repository: Path) -> Iterator[bytes]:
    for command in (
        ("merge-base", "origin/main", "HEAD"),
        ("merge-base", "main", "HEAD"),
        ("rev-parse", "--verify", "HEAD~1"),
    ):
        commit = _git(repository, *command)
        if commit is not None:
            yield commit


def _git(repository: Path, *arguments: str) -> bytes | None:
    command = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(command, capture_output=True)
    return done.stdout if done.returncode == 0 else None


if __name__ == "__main__":
    main()
