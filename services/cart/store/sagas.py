"""The sagas of checkouts, at the service that runs them."""

from collections.abc import Iterator
from contextlib import contextmanager

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration

from clients.errors import MeshError, typed_errors
from mesh.saga.v1 import saga_pb2, saga_service_pb2, saga_service_pb2_grpc
from mesh.saga.v1.saga_definition_pb2 import SagaDefinition
from services._platform.errors import RequestIdReused, Unavailable
from services._platform.log import logger
from services._platform.neighbours import Neighbours

_log = logger(__name__)
_SERVICE = "mesh.saga.v1.SagaService"
_SLACK = 5.0
"""Seconds that a call may take beside what it waits."""


class Sagas:
    """Registers and starts sagas."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    async def register(self, id: str, definition: SagaDefinition) -> None:
        """Registers a definition; one that is registered already changes nothing. Raises `Unavailable`."""
        request = saga_service_pb2.RegisterSagaRequest(saga_definition_id=id, saga_definition=definition)
        with _answering():
            await self._stub().RegisterSaga(request)

    async def start(
        self, definition: str, key: str, owner: str, input: Any, wait: Duration, request_id: str
    ) -> saga_pb2.Saga:
        """Starts a saga, or finds the one of this key, and waits for its end at most so long.

        Raises `Unavailable`, and `RequestIdReused` when the request id came with another saga.
        """
        request = saga_service_pb2.StartSagaRequest(
            definition=f"sagaDefinitions/{definition}",
            input=input,
            key=key,
            owner=owner,
            wait=wait,
            request_id=request_id,
        )
        with _answering():
            return await self._stub().StartSaga(request, timeout=wait.ToTimedelta().total_seconds() + _SLACK)

    def _stub(self) -> "saga_service_pb2_grpc.SagaServiceAsyncStub":
        if _SERVICE not in self._neighbours:
            raise _away()
        return saga_service_pb2_grpc.SagaServiceStub(self._neighbours.channel(_SERVICE))


@contextmanager
def _answering() -> Iterator[None]:
    """Whatever else the orchestrator fails with, a checkout can be asked for again: its key makes it the same one."""
    try:
        with typed_errors():
            yield
    except MeshError as error:
        if error.reason == RequestIdReused.reason:
            raise RequestIdReused(error.metadata.get("requestId", "")) from error
        _log.warning("the orchestrator refused", code=error.code.name, reason=error.reason, said=error.message)
        raise _away() from error


def _away() -> Unavailable:
    return Unavailable("checkouts are not carried out now", metadata={"dependency": "saga"}, retry_after=1)
