"""Generation: servicer protocols say how each RPC streams, and what was edited or forgotten is found."""

import shutil
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from clients.generate.__main__ import GENERATED, differences, generate
from clients.generate.servicers import module_path, module_source
from tests.clients.conftest import CompileSample

SAMPLE = "mesh/sample/v1/sample.proto"
STREAMS = (
    "  rpc SyncSamples(",
    """
  rpc WatchSamples(GetSampleRequest) returns (stream Sample) {}
  rpc ImportSamples(stream SyncSamplesRequest) returns (Sample) {}
  rpc SyncSamples(""",
)


@pytest.fixture
def sample(compile_sample: CompileSample) -> FileDescriptorProto:
    image = FileDescriptorSet.FromString(compile_sample(STREAMS).read_bytes())
    return next(file for file in image.file if file.name == SAMPLE)


def signature(source: str, rpc: str) -> str:
    """The signature of a method, on one line."""
    start = source.index(f" {rpc}(")
    line = source.rfind("\n", 0, start)
    return " ".join(source[line : source.index("...", start) + 3].split())


@pytest.mark.parametrize(
    ("rpc", "expected"),
    [
        ("GetSample", "async def GetSample( self, request: {Get}, call: Call_contra, / ) -> {Sample}: ..."),
        (
            "WatchSamples",
            "def WatchSamples( self, request: {Get}, call: Call_contra, / ) -> AsyncGenerator[{Sample}, None]: ...",
        ),
        (
            "ImportSamples",
            "async def ImportSamples( self, requests: AsyncIterator[{Sync}], call: Call_contra, / ) -> {Sample}: ...",
        ),
        (
            "SyncSamples",
            "def SyncSamples( self, requests: AsyncIterator[{Sync}], call: Call_contra, / ) "
            "-> AsyncGenerator[sample_pb2.SyncSamplesResponse, None]: ...",
        ),
    ],
)
def test_a_protocol_says_how_an_rpc_streams(sample: FileDescriptorProto, rpc: str, expected: str) -> None:
    home = {f"{sample.package}.{message.name}": sample.name for message in sample.message_type}
    assert signature(module_source(sample, home), rpc) == expected.format(
        Get="sample_pb2.GetSampleRequest", Sync="sample_pb2.SyncSamplesRequest", Sample="sample_pb2.Sample"
    )


def test_messages_of_other_files_are_imported_from_there(sample: FileDescriptorProto) -> None:
    home = {f"{sample.package}.{message.name}": sample.name for message in sample.message_type}
    home["mesh.sample.v1.Sample"] = "mesh/shelf/v1/shelf.proto"
    source = module_source(sample, home)
    assert "from mesh.sample.v1 import sample_pb2\nfrom mesh.shelf.v1 import shelf_pb2\n" in source
    assert signature(source, "GetSample").endswith("-> shelf_pb2.Sample: ...")
    assert module_path(sample) == "mesh/sample/v1/sample_servicer.py"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gen")
    generate(folder)
    return folder


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return shutil.copytree(GENERATED, tmp_path / "kept", ignore=shutil.ignore_patterns("__pycache__"))


def test_what_is_checked_in_is_what_is_generated(fresh: Path, kept: Path) -> None:
    assert differences(fresh, kept) == []


def test_an_edited_stub_is_found(fresh: Path, kept: Path) -> None:
    stub = kept / "mesh/inventory/v1/product_pb2.pyi"
    stub.write_text(stub.read_text() + "# edited\n")
    assert differences(fresh, kept) == ["mesh/inventory/v1/product_pb2.pyi"]


def test_a_missing_and_a_left_over_stub_are_found(fresh: Path, kept: Path) -> None:
    (kept / "mesh/inventory/v1/product_pb2.py").unlink()
    (kept / "mesh/inventory/v1/gone_pb2.py").touch()
    assert differences(fresh, kept) == ["mesh/inventory/v1/gone_pb2.py", "mesh/inventory/v1/product_pb2.py"]


def test_only_services_have_call_stubs(fresh: Path) -> None:
    assert {path.name for path in (fresh / "mesh/inventory/v1").glob("product*")} == {
        "product_pb2.py",
        "product_pb2.pyi",
        "product_service_pb2.py",
        "product_service_pb2.pyi",
        "product_service_pb2_grpc.py",
        "product_service_pb2_grpc.pyi",
        "product_service_servicer.py",
    }
