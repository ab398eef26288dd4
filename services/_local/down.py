"""Stops the mesh. What it knows stays in its folder."""

from services._local import control
from services._local.layout import Layout, say


def down(layout: Layout) -> None:
    """Stops every process of the mesh, also when its supervisor was killed."""
    layout.prepare()
    with layout.locked():
        say("The mesh is down." if control.stop(layout) else "The mesh was down already.")
    say(f"Its data stays in {layout.data}.")
