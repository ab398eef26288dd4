"""`python -m clients.generate [--check]`: writes `clients/gen`, or fails when it is not what would be written."""

import argparse
import filecmp
import shutil
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from clients.generate.protoc import compile_protos, image
from clients.generate.servicers import module_path, module_source
from clients.generate.wheels import ERROR_DETAILS, VALIDATE

ROOT = Path(__file__).resolve().parents[2]
PROTOS = ROOT / "protos"
GENERATED = ROOT / "clients" / "gen"
IMAGE = "mesh.binpb"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="compare, write nothing")
    check = arguments.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        generate(fresh)
        if check:
            drift = differences(fresh, GENERATED)
            if drift:
                sys.exit("clients/gen is not what the protos say; run `make generate`:\n  " + "\n  ".join(drift))
        else:
            shutil.rmtree(GENERATED, ignore_errors=True)
            shutil.copytree(fresh, GENERATED)


def generate(out: Path) -> None:
    """Writes the stubs and the descriptor image of `protos/` below `out`."""
    protos = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    messages = f"--python_out={out}", f"--mypy_out=quiet:{out}"
    calls = f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}"
    compile_protos(PROTOS, protos, *messages, *calls)
    # No proto of ours imports the details of an error, yet the edge can show only what is in the image.
    compile_protos(PROTOS, [*protos, ERROR_DETAILS], *image(out / IMAGE))
    # The validation wheel has no google.protobuf stub of its own rules, and our stubs import one.
    compile_protos(PROTOS, [VALIDATE], *messages)

    files = FileDescriptorSet.FromString((out / IMAGE).read_bytes()).file
    home = {f"{file.package}.{message.name}": file.name for file in files for message in file.message_type}
    for file in files:
        if file.name not in protos:
            continue
        if file.service:
            (out / module_path(file)).write_text(module_source(file, home))
        else:
            for stub in out.glob(file.name.removesuffix(".proto") + "_pb2_grpc.py*"):
                stub.unlink()


def differences(fresh: Path, kept: Path) -> list[str]:
    """The files, as paths from the folders, that are only in one of them or not the same."""
    return sorted(_differences(filecmp.dircmp(fresh, kept, ignore=["__pycache__"])))


def _differences(compared: filecmp.dircmp[str], below: str = "") -> list[str]:
    names = compared.left_only + compared.right_only + compared.diff_files + compared.funny_files
    found = [f"{below}{name}" for name in names]
    for name, sub in compared.subdirs.items():
        found += _differences(sub, f"{below}{name}/")
    return found


if __name__ == "__main__":
    main()
