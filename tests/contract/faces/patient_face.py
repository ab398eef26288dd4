"""An edge that knows one replica of each service, and at times loses sight of it when the machine is busy."""

import time

from google.protobuf.message import Message
from google.rpc import code_pb2

from clients.contract import Method
from tests.contract.outcome import Face, Metadata, Outcome

_PATIENCE, _REST = 10.0, 0.1
"""In seconds."""


class PatientFace:
    """Calls again what nobody answered, as clients of the mesh do."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def call(
        self, rpc: Method, *requests: Message, metadata: Metadata = (), timeout: float = 10, take: int = 0
    ) -> Outcome:
        """See `Face`."""
        end = time.monotonic() + _PATIENCE
        while True:
            outcome = self._face.call(rpc, *requests, metadata=metadata, timeout=timeout, take=take)
            if outcome.code != code_pb2.UNAVAILABLE or time.monotonic() > end:
                return outcome
            time.sleep(_REST)
