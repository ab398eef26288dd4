"""The sample contract: every rule holds for it, and each test changes what it is about."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clients.generate.__main__ import PROTOS
from clients.generate.protoc import compile_protos, image

SAMPLE = Path(__file__).with_name("sample.proto").read_text()
NAME = "mesh/sample/v1/sample.proto"

CompileSample = Callable[..., Path]


@pytest.fixture
def compile_sample(tmp_path: Path) -> CompileSample:
    """Compiles the sample with pairs of texts replaced, each found once, and returns its descriptor image."""

    def compiled(*changes: tuple[str, str]) -> Path:
        text = SAMPLE
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} is in the sample {text.count(old)} times"
            text = text.replace(old, new)
        proto = tmp_path / "protos" / NAME
        proto.parent.mkdir(parents=True)
        proto.write_text(text)
        (tmp_path / "protos/mesh/options").symlink_to(PROTOS / "mesh/options")
        compile_protos(tmp_path / "protos", [NAME], *image(tmp_path / "sample.binpb"))
        return tmp_path / "sample.binpb"

    return compiled
