"""Root has ways not to be root, and each still reaches what only root may read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services._local import privilege

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up being root")

LOOK = "import os, sys; print(os.geteuid(), os.access(sys.argv[1], os.X_OK), open(sys.argv[1]).read())"


@pytest.mark.parametrize("prefix", privilege.ways(), ids=lambda prefix: prefix[0])
def test_a_way_ends_in_another_user_who_reaches_what_root_may(prefix: tuple[str, ...], tmp_path: Path) -> None:
    program = tmp_path / "closed" / "program"
    program.parent.mkdir(mode=0o700)
    program.write_text("text")
    program.chmod(0o700)
    user, executable, text = subprocess.check_output([*prefix, sys.executable, "-c", LOOK, program], text=True).split()
    assert user != "0"
    assert executable == "True"
    assert text == "text"


def test_data_changes_hands_with_the_way(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "file").touch()
    for path in (folder, folder / "file"):
        os.chown(path, 65534, 65534)
    privilege.hand_over(folder)
    owner = subprocess.check_output([*privilege.unprivileged(), "stat", "-c", "%U", folder / "file"], text=True).strip()
    assert owner == privilege.ACCOUNT
