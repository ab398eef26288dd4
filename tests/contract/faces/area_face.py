"""gRPC to the servers themselves, each of which serves some of the RPCs."""

from collections.abc import Callable, Mapping

from google.protobuf.message import Message

from clients.contract import Method
from tests.contract.faces.grpc_face import GrpcFace
from tests.contract.outcome import Metadata, Outcome


class AreaFace:
    """Calls the server of the RPC. `faces` are by the targets that `target` tells."""

    def __init__(self, faces: Mapping[str, GrpcFace], target: Callable[[Method], str]) -> None:
        self._faces = faces
        self._target = target

    def call(
        self, rpc: Method, *requests: Message, metadata: Metadata = (), timeout: float = 10, take: int = 0
    ) -> Outcome:
        """See `Face`."""
        face = self._faces[self._target(rpc)]
        return face.call(rpc, *requests, metadata=metadata, timeout=timeout, take=take)
