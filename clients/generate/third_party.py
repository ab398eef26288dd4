"""`python -m clients.generate.third_party`: lays the protos that ours import into `.third_party/`, as text.

Generation needs their descriptors only; the folder is for people and for tools that read source, `buf` above all.
"""

import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from clients.generate.proto_source import proto_source
from clients.generate.wheels import third_party

ROOT = Path(__file__).resolve().parents[2]
LAID = ROOT / ".third_party"


def main() -> None:
    shutil.rmtree(LAID, ignore_errors=True)
    lay(LAID)
    # In the format that `buf format` expects of every module, so that it reports only our own files.
    subprocess.run([Path(sys.executable).with_name("buf"), "format", "--write", LAID], check=True)


def lay(folder: Path) -> None:
    """Writes every third-party proto except `google/protobuf`, which each compiler brings along."""
    wheel = distribution("googleapis-common-protos")
    files = third_party()
    for name in (file.name for file in files.file):
        if name.startswith("google/protobuf/"):
            continue
        path, text = folder / name, Path(str(wheel.locate_file(name)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.read_text() if text.is_file() else proto_source(name, files))


if __name__ == "__main__":
    main()
