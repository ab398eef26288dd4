"""The sample's contract, compiled; its messages are made from descriptors."""

from pathlib import Path

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
