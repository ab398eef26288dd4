"""`python -m clients.generate [--check]`: writes `clients/gen`, or fails when it is not what would be written."""

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from clients.generate.servicers import module_path, module_source
from clients.generate.wheels import ERROR_DETAILS, VALIDATE, third_party

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
            drift = sorted(_differences(filecmp.dircmp(fresh, GENERATED, ignore=["__pycache__"])))
            if drift:
                sys.exit("clients/gen is not what the protos say; run `make generate`:\n" + "\n".join(drift))
        else:
            shutil.rmtree(GENERATED, ignore_errors=True)
            shutil.copytree(fresh, GENERATED)


def generate(out: Path) -> None:
    """Writes the stubs and the descriptor image of `protos/` below `out`."""
    with tempfile.NamedTemporaryFile(suffix=".binpb") as wheels:
        wheels.write(third_party().SerializeToString())
        wheels.flush()
        protos = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
        given = f"--descriptor_set_in={wheels.name}"
        _protoc(given, f"--proto_path={PROTOS}", f"--python_out={out}", f"--mypy_out=quiet:{out}",
                f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}", *protos)  # fmt: skip
        # No proto of ours imports the details of an error, yet the edge can show only what is in the image.
        _protoc(given, f"--proto_path={PROTOS}", "--include_imports", "--include_source_info",
                f"--descriptor_set_out={out / IMAGE}", *protos, ERROR_DETAILS)  # fmt: skip
        # The validation wheel has no google.protobuf stub of its own rules, and our stubs import one.
        _protoc(given, f"--python_out={out}", f"--mypy_out=quiet:{out}", VALIDATE)

    image = FileDescriptorSet.FromString((out / IMAGE).read_bytes())
    home = {f"{file.package}.{message.name}": file.name for file in image.file for message in file.message_type}
    for file in image.file:
        if file.name not in protos:
            continue
        if file.service:
            (out / module_path(file)).write_text(module_source(file, home))
        else:
            for stub in out.glob(file.name.removesuffix(".proto") + "_pb2_grpc.py*"):
                stub.unlink()


def _protoc(*arguments: str) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", *arguments]
    plugins = Path(sys.executable).parent
    subprocess.run(command, check=True, env={**os.environ, "PATH": f"{plugins}:{os.environ['PATH']}"})


def _differences(compared: filecmp.dircmp[str], below: str = "") -> list[str]:
    names = compared.left_only + compared.right_only + compared.diff_files + compared.funny_files
    found = [f"  {below}{name}" for name in names]
    for name, sub in compared.subdirs.items():
        found += _differences(sub, f"{below}{name}/")
    return found


if __name__ == "__main__":
    main()
