"""The sample's contract, compiled; its messages are made from descriptors."""

from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from clients.contract import IMAGE
from clients.generate.protoc import image, protoc
from clients.generate.wheels import ERROR_DETAILS
from tests.contract.subject import Subject

PROTOS = Path(__file__).parent / "protos"
PROTO = "mesh/sample/v1/note_service.proto"
SERVICE = "mesh.sample.v1.NoteService"


def compiled(folder: Path, protos: Path = PROTOS) -> Subject:
    """Compiles the sample's contract; it imports the vocabulary of the mesh's."""
    out = folder / "sample.binpb"
    protoc(f"--descriptor_set_in={IMAGE}", f"--proto_path={protos}", *image(out), PROTO, ERROR_DETAILS)
    return Subject(out)


def with_identity(image: Path) -> Path:
    """The image with the mesh's own contract beside it: an edge gets the keys of tokens by an RPC of identity's."""
    ours, both = (FileDescriptorSet.FromString(one.read_bytes()) for one in (image, IMAGE))
    known = {file.name for file in both.file}
    both.file.extend(file for file in ours.file if file.name not in known)
    out = image.with_name("edge.binpb")
    out.write_bytes(both.SerializeToString())
    return out
