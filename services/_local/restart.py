"""Restarts services, for example after a change of their code."""

from services._local import control, health, plan, rotation
from services._local.layout import Layout, MeshError, say

SECONDS = 30.0


def restart(layout: Layout, name: str) -> None:
    """Restarts the services whose processes' names start with `name`, one process at a time.

    The next one follows when the one before gets calls again, so that callers of the edge notice nothing. Raises
    `MeshError` when there is none, or one does not come back.
    """
    parts = [part for part in plan.load(layout.plan) if part.stage == plan.Stage.SERVICE]
    chosen = [part for part in parts if part.name.startswith(name)]
    if not chosen:
        raise MeshError(f"no service starts with {name!r}, or the mesh is down")
    with layout.locked():
        for part in chosen:
            control.restart(layout, part)
            health.wait({part.name: part.check}, SECONDS)
            rotation.wait(layout, {part.address}, SECONDS)
            say(f"{part.name} is SERVING again")
