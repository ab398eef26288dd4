"""What dies is started again; what leaves the plan is stopped; nothing outlives the mesh."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from services._local import control, plan, state
from services._local.command import Command
from services._local.layout import Layout
from tests.local.conftest import eventually

WAITS = "import signal; signal.pause()"


def part(layout: Layout, name: str, code: str = WAITS, stage: plan.Stage = plan.Stage.SERVICE) -> plan.Part:
    """A process that runs this Python, and knows no other end than a signal."""
    return plan.Part(name, stage, "", Command((sys.executable, "-c", code), cwd=layout.folder, stop_seconds=1.0))


def processes(layout: Layout) -> dict[str, psutil.Process]:
    """What the state says that runs, and really does."""
    found = {name: process.find() for name, process in state.load(layout.state).processes.items()}
    return {name: process for name, process in found.items() if process}


def test_what_is_killed_is_started_again(layout: Layout) -> None:
    control.apply(layout, [part(layout, "a"), part(layout, "b")])
    before = processes(layout)
    before["a"].kill()
    eventually(lambda: state.load(layout.state).processes["a"].restarts == 1)
    after = processes(layout)
    assert after["a"] != before["a"]
    assert after["b"] == before["b"]


def test_what_always_ends_is_started_ever_more_slowly(layout: Layout) -> None:
    control.apply(layout, [part(layout, "a", "print('ended', flush=True)")])
    eventually(lambda: state.load(layout.state).processes["a"].restarts == 3)
    log = layout.log("supervisor").read_text()
    pauses = [line.rpartition(" is in ")[2] for line in log.splitlines() if "next start" in line]
    assert pauses[:3] == ["0.2 s", "0.4 s", "0.8 s"]
    assert layout.log("a").read_text().count("ended") >= 3


def test_what_cannot_be_started_is_tried_again(layout: Layout, tmp_path: Path) -> None:
    program = tmp_path / "program"
    control.apply(layout, [plan.Part("a", plan.Stage.SERVICE, "", Command((str(program),), cwd=tmp_path))])
    eventually(lambda: "cannot be started" in layout.log("supervisor").read_text())
    program.symlink_to("/bin/cat")
    eventually(lambda: layout.log("supervisor").read_text().count("a ended with 0"))


def test_a_new_plan_stops_and_starts_only_what_differs(layout: Layout) -> None:
    control.apply(layout, [part(layout, "stays"), part(layout, "leaves"), part(layout, "changes")])
    before = processes(layout)
    control.apply(layout, [part(layout, "stays"), part(layout, "changes", f"1; {WAITS}"), part(layout, "comes")])
    eventually(lambda: processes(layout).keys() == {"stays", "changes", "comes"})
    after = processes(layout)
    assert after["stays"] == before["stays"]
    assert after["changes"] != before["changes"]
    assert state.ended(before["leaves"])


def test_the_edge_stops_first_and_the_stores_last(layout: Layout) -> None:
    control.apply(layout, [part(layout, stage.name, stage=stage) for stage in plan.Stage])
    assert control.stop(layout)
    log = layout.log("supervisor").read_text().splitlines()
    assert [line.split()[3] for line in log if line.endswith("has stopped")] == ["EDGE", "SERVICE", "OUTSIDE", "STORE"]


def test_what_does_not_listen_is_killed(layout: Layout) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    control.apply(layout, [part(layout, "a", deaf)])
    eventually(lambda: "deaf" in layout.log("a").read_text())
    found = processes(layout)["a"]
    control.stop(layout)
    assert state.ended(found)


def test_down_clears_up_after_a_killed_supervisor(layout: Layout) -> None:
    control.apply(layout, [part(layout, "a"), part(layout, "b", stage=plan.Stage.STORE)])
    left = processes(layout)
    supervisor = state.load(layout.state).supervisor
    assert supervisor
    os.kill(supervisor.pid, signal.SIGKILL)
    eventually(lambda: not state.load(layout.state).supervised)
    assert not any(state.ended(process) for process in left.values())
    assert control.stop(layout)
    assert all(state.ended(process) for process in left.values())
    assert not control.stop(layout)


def test_a_pid_that_now_belongs_to_another_program_is_left_alone(layout: Layout) -> None:
    with psutil.Popen([sys.executable, "-c", WAITS]) as stranger:
        stale = state.Process(stranger.pid, state.Process.of(stranger.pid).started - 60)
        plan.save(layout.plan, [part(layout, "a")])
        state.save(layout.state, state.State(stale, "", {"a": stale}))
        assert not control.stop(layout)
        assert stranger.is_running()
        stranger.kill()


@pytest.mark.parametrize("name", ["plan", "state"])
def test_what_may_hold_secrets_is_for_the_owner_alone(layout: Layout, name: str) -> None:
    control.apply(layout, [part(layout, "a")])
    assert getattr(layout, name).stat().st_mode & 0o077 == 0
