"""Root has ways not to be root, and each still reaches what only root may read."""

import os
import subprocess
from pathlib import Path

import pytest

from services._local import privilege

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up being root")


@pytest.mark.parametrize("prefix", privilege.ways(), ids=lambda prefix: prefix[0])
def test_a_way_ends_in_another_user_who_reads_what_root_may(prefix: tuple[str, ...], tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "file").write_text("read")
    (closed / "file").chmod(0o600)
    seen = subprocess.check_output([*prefix, "sh", "-c", f"id -u; cat {closed}/file"], text=True).split()
    assert seen[0] != "0"
    assert seen[1] == "read"


def test_data_changes_hands_with_the_way(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "file").touch()
    for path in (folder, folder / "file"):
        os.chown(path, 65534, 65534)
    privilege.hand_over(folder)
    owner = subprocess.check_output([*privilege.unprivileged(), "stat", "-c", "%U", folder / "file"], text=True).strip()
    assert owner == privilege.ACCOUNT
