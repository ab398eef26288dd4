"""A gRPC proxy that passes every call on as it is, and tells a listener what was said."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from clients.contract import Method
from tests.contract.faces.grpc_face import status_of
from tests.contract.outcome import Outcome
from tests.contract.recorder.tape import Recorded, recorded
from tests.contract.subject import Subject

_THREADS = 32
_NOT_PASSED_ON = ("grpc-", "user-agent", "te", "content-type")

Listener = Callable[[Recorded], None]


@contextmanager
def proxy(subject: Subject, target: str, listen: str, listener: Listener) -> Iterator[int]:
    """Proxies between `listen`, a host:port, and `target`; yields the port. The listener is called after each call."""
    # Its threads are waited for: of a call that its caller left they tell when it is over for the server.
    with ThreadPoolExecutor(_THREADS) as threads, grpc.insecure_channel(target) as channel:
        server = grpc.server(threads)
        server.add_generic_rpc_handlers((_Handler(subject, channel, listener),))
        port = server.add_insecure_port(listen)
        server.start()
        try:
            yield port
        finally:
            server.stop(grace=1).wait()


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, subject: Subject, channel: grpc.Channel, listener: Listener) -> None:
        self._rpcs = {rpc.path: rpc for rpc in subject.rpcs.values()}
        self._channel = channel
        self._listener = listener

    def service(self, handler_call_details: Any) -> Any:
        """Every kind of call is a stream each way, on the wire. Unknown RPCs are passed on unheard."""
        path = handler_call_details.method
        rpc = self._rpcs.get(path)
        return grpc.stream_stream_rpc_method_handler(lambda requests, context: self._pass(path, rpc, requests, context))

    def _pass(self, path: str, rpc: Method | None, requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        sent: list[bytes] = []
        answers: list[bytes] = []
        metadata = tuple(
            (key, value) for key, value in context.invocation_metadata() if not key.startswith(_NOT_PASSED_ON)
        )
        call: Any = self._channel.stream_stream(path)(
            _heard(requests, sent), metadata=metadata, timeout=context.time_remaining()
        )
        context.add_callback(call.cancel)
        failed: grpc.RpcError | None = None
        try:
            for answer in call:
                answers.append(answer)
                yield answer
        except grpc.RpcError as error:
            failed = error
        finally:
            if rpc is not None:
                self._tell(rpc, sent, answers, failed)
        if failed is not None:
            context.set_trailing_metadata(tuple(failed.trailing_metadata() or ()))
            context.abort(failed.code(), failed.details() or "")

    def _tell(self, rpc: Method, sent: list[bytes], answers: list[bytes], failed: grpc.RpcError | None) -> None:
        asked, answered = (GetMessageClass(one) for one in (rpc.descriptor.input_type, rpc.descriptor.output_type))
        requests: list[Message] = [asked.FromString(one) for one in sent]
        told: list[Message] = [answered.FromString(one) for one in answers]
        outcome = Outcome(tuple(told)) if failed is None else Outcome.refused(status_of(failed), told)
        self._listener(recorded(rpc, requests, outcome))


def _heard(requests: Iterator[bytes], sent: list[bytes]) -> Any:
    for request in requests:
        sent.append(request)
        yield request
