"""PostgreSQL refuses to run as root. This finds a way to run it anyway, without changing the machine.

Its programs and data lie where only root may go (`.mesh` is 0700, and so may be the checkout's parents), so that
merely taking another account would lock it out. In order of preference:

1. not root: nothing to do;
2. a user namespace in which root is called `nobody`: it keeps root's files and loses every capability;
3. where namespaces are forbidden, as in most containers: `nobody`, with the one capability to pass permissions of
   files.
"""

import os
import pwd
import shutil
import subprocess
from functools import cache
from pathlib import Path

ACCOUNT = "nobody"


class PrivilegeError(Exception):
    """Root cannot give up being root here."""


@cache
def unprivileged() -> tuple[str, ...]:
    """The words to put before a command so that it does not run as root; none for an ordinary user.

    Raises `PrivilegeError` when root has no way to do so.
    """
    if os.geteuid() != 0:
        return ()
    for prefix in ways():
        if shutil.which(prefix[0]) and _works(prefix):
            return prefix
    raise PrivilegeError(
        "PostgreSQL does not run as root, and neither `unshare --user` nor `setpriv` (util-linux) work here. "
        "Run as an ordinary user, or set MESH_POSTGRES_DSN to use a server of your own."
    )


def ways() -> tuple[tuple[str, ...], ...]:
    """The words for each way that root has, the better first, whether it works here or not."""
    return _namespace(), _account()


def hand_over(folder: Path) -> None:
    """Makes the files below `folder` belong to whom the command before which `unprivileged` stands runs as."""
    prefix = unprivileged()
    uid, gid = _ids() if prefix and prefix == _account() else (os.geteuid(), os.getegid())
    if folder.stat().st_uid == uid:
        return
    for parent, _, files in os.walk(folder):
        for path in (parent, *(os.path.join(parent, file) for file in files)):
            os.chown(path, uid, gid, follow_symlinks=False)


def _ids() -> tuple[int, int]:
    entry = pwd.getpwnam(ACCOUNT)
    return entry.pw_uid, entry.pw_gid


def _namespace() -> tuple[str, ...]:
    uid, gid = _ids()
    return ("unshare", "--user", f"--map-user={uid}", f"--map-group={gid}", "--")


def _account() -> tuple[str, ...]:
    uid, gid = _ids()
    only = "-all,+dac_override"
    return (
        *("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs"),
        *(f"--inh-caps={only}", f"--ambient-caps={only}", f"--bounding-set={only}"),
        # Without this access(2), by which PostgreSQL looks for itself, does not count the capability.
        *("--securebits=+no_setuid_fixup", "--"),
    )


def _works(prefix: tuple[str, ...]) -> bool:
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
