"""The logs of the mesh: one file per process, which the process itself appends to."""

import os
import shutil
from typing import NoReturn

from services._local.layout import Layout, MeshError

LARGEST = 20_000_000


def rotate(layout: Layout) -> None:
    """Empties logs above 20 MB after copying them to `NAME.log.1`.

    The processes go on writing meanwhile; what they write in the moment between the two steps is lost.
    """
    for path in layout.logs.glob("*.log"):
        if path.stat().st_size > LARGEST:
            shutil.copyfile(path, path.with_name(f"{path.name}.1"))
            os.truncate(path, 0)


def last_lines(layout: Layout, name: str, count: int = 15) -> list[str]:
    """The end of a log, each line indented."""
    path = layout.log(name)
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return [f"    {line}" for line in lines[-count:]]


def follow(layout: Layout, name: str) -> NoReturn:
    """Becomes `tail` on the logs whose names start with `name`. Raises `MeshError` when there are none."""
    paths = sorted(layout.logs.glob(f"{name}*.log"))
    if not paths:
        raise MeshError(f"no log starts with {name!r} in {layout.logs}")
    os.execvp("tail", ["tail", "-n", "20", "-F", *map(str, paths)])  # noqa: S606, S607  wherever the system has it
