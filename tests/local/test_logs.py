"""Logs stay small, and their ends are at hand."""

from services._local import logs
from services._local.layout import Layout


def test_a_large_log_is_set_aside_while_it_is_written(layout: Layout) -> None:
    large, small = layout.log("large"), layout.log("small")
    small.write_text("kept\n")
    with large.open("ab") as writer:
        writer.write(b"x" * (logs.LARGEST + 1))
        writer.flush()
        logs.rotate(layout)
        writer.write(b"after\n")
    assert large.read_text() == "after\n"
    assert large.with_name("large.log.1").stat().st_size == logs.LARGEST + 1
    assert small.read_text() == "kept\n"
    assert not small.with_name("small.log.1").exists()


def test_the_last_lines_are_shown(layout: Layout) -> None:
    layout.log("a").write_text("".join(f"{number}\n" for number in range(30)))
    assert logs.last_lines(layout, "a", 2) == ["    28", "    29"]
    assert logs.last_lines(layout, "none") == []
