"""Runs protoc from its wheel, with the third-party protos given as descriptors."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from clients.generate.wheels import third_party


def compile_protos(root: Path, files: Iterable[str], *outputs: str) -> None:
    """Compiles `files`, which are named from `root`; `outputs` are options of protoc.

    Raises `subprocess.CalledProcessError`; what is wrong stands on stderr.
    """
    with tempfile.NamedTemporaryFile(suffix=".binpb") as wheels:
        wheels.write(third_party().SerializeToString())
        wheels.flush()
        protoc(f"--descriptor_set_in={wheels.name}", f"--proto_path={root}", *outputs, *files)


def image(path: Path) -> tuple[str, ...]:
    """The outputs that write descriptors to `path`, those of imports as well, with comments and positions."""
    return "--include_imports", "--include_source_info", f"--descriptor_set_out={path}"


def protoc(*arguments: str) -> None:
    """Runs protoc, with the plugins of this environment on its path."""
    command = [sys.executable, "-m", "grpc_tools.protoc", *arguments]
    plugins = Path(sys.executable).parent
    subprocess.run(command, check=True, env={**os.environ, "PATH": f"{plugins}:{os.environ['PATH']}"})
