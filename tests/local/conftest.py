"""What the tests of the local mesh share."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services._local import control, ports
from services._local.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """A prepared folder of a mesh; whatever the test left running in it is stopped."""
    layout = Layout(tmp_path / ".mesh")
    layout.prepare()
    yield layout
    control.stop(layout)


@pytest.fixture
def port(tmp_path: Path) -> int:
    """A free port."""
    return ports.choose(["any"], {}, edge=None, seed=str(tmp_path))["any"]


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Returns when the condition holds; fails the test when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.02)
