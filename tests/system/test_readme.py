"""The README is true: its tour runs as it stands, and what it points at is there."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services._local.layout import CHECKOUT
from tests.system.mesh import Mesh

README = CHECKOUT / "README.md"
LANGUAGES = {"", "sh"}
"""Of code blocks: what is shown, and what is run. Another one has to be taught to this test."""

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_SHOWN = re.compile(r"^# (\{.*(?:\n#   .*)*)", re.MULTILINE)
"""A comment that shows an answer, perhaps over several lines; `…` stands for anything."""
_PAIR = re.compile(r'"[^"]+":(?:"[^"]*"|[\w.]+)')
"""A field and its value. Their order is not compared: JSON has none."""


@dataclass(frozen=True)
class Block:
    """A code block of the README."""

    language: str
    code: str
    line: int

    @property
    def shown(self) -> list[str]:
        """The fields and values of the answers that its comments show, without white space."""
        answers = (_squeezed(answer.replace("\n#", "")) for answer in _SHOWN.findall(self.code))
        return [pair for answer in answers for pair in _PAIR.findall(answer)]


def blocks() -> Iterator[Block]:
    """Every code block of the README, in order. The first that is run is what the others begin with."""
    text = README.read_text()
    for fence in _FENCE.finditer(text):
        yield Block(fence["language"], fence["code"], text.count("\n", 0, fence.start()) + 1)


@pytest.fixture
def checkout(mesh: Mesh, tmp_path: Path) -> Path:
    """This checkout as a person has it, with the running mesh as its `.mesh`."""
    for path in CHECKOUT.iterdir():
        if path.name != mesh.layout.folder.name:
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / ".mesh").symlink_to(mesh.layout.folder)
    return tmp_path


def test_the_tour_runs_as_it_stands(checkout: Path, subtests: pytest.Subtests) -> None:
    found = list(blocks())
    assert {block.language for block in found} <= LANGUAGES
    opening, *tour = [block for block in found if block.language == "sh"]
    assert tour
    for block in tour:
        with subtests.test(f"README.md:{block.line}"):
            done = subprocess.run(
                ["/bin/bash", "-euo", "pipefail", "-c", opening.code + block.code],
                cwd=checkout,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout
            told = _squeezed(done.stdout)
            assert [pair for pair in block.shown if not _fits(pair, told)] == [], done.stdout
            refused = [pair for pair in _PAIR.findall(told) if pair.startswith('"code":')]
            assert [pair for pair in refused if pair not in block.shown] == [], (
                "refused, and the README does not say so"
            )


def test_what_it_points_at_is_there() -> None:
    text = README.read_text()
    links = [CHECKOUT / link for link in re.findall(r"\]\(([^):#]+)\)", text)]
    assert links
    assert [str(link) for link in links if not link.exists()] == []


def test_every_promise_has_its_test() -> None:
    promised = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", README.read_text())
    assert promised
    missing = [
        f"{file}::{name}"
        for file, name in promised
        if not (CHECKOUT / file).exists() or (name and f"def {name}(" not in (CHECKOUT / file).read_text())
    ]
    assert missing == []


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _fits(shown: str, told: str) -> bool:
    return re.search('[^"]*'.join(map(re.escape, shown.split("…"))), told) is not None
