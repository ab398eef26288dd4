"""Puts compiled files in place under a running Envoy."""

import json
import os
import tempfile
from pathlib import Path

from gateway.compiler import Files
from gateway.proto_json import Json

_CLUSTERS = "clusters.json"


def write(files: Files, folder: Path) -> list[str]:
    """Writes what has changed, each file whole or not at all, in the order given; returns the names written.

    Envoy reads a file when it is renamed into place, never while it is written. Clusters that are to go stay until
    no route names them. What nothing names any more is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    growing = files | {_CLUSTERS: _with_present(files[_CLUSTERS], folder / _CLUSTERS)}
    changed = [name for name, content in growing.items() if _put(folder / name, render(content))]
    if _put(folder / _CLUSTERS, render(files[_CLUSTERS])) and _CLUSTERS not in changed:
        changed.append(_CLUSTERS)
    for stale in folder.glob("*-????????????.*"):
        if stale.name not in files:
            stale.unlink()
    return changed


def _with_present(clusters: Json | bytes, file: Path) -> Json | bytes:
    """The clusters, and those of the file that are not among them."""
    if isinstance(clusters, bytes) or not file.exists():
        return clusters
    names = {cluster["name"] for cluster in clusters["resources"]}
    going = [cluster for cluster in json.loads(file.read_bytes())["resources"] if cluster["name"] not in names]
    return {"resources": clusters["resources"] + going}


def render(content: Json | bytes) -> bytes:
    """The bytes of a file: JSON with sorted keys, so that equal configurations are equal files."""
    return content if isinstance(content, bytes) else json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"


def _put(file: Path, content: bytes) -> bool:
    if file.exists() and file.read_bytes() == content:
        return False
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as temporary:
        temporary.write(content)
        os.fchmod(temporary.fileno(), 0o644)
    os.replace(temporary.name, file)
    return True
