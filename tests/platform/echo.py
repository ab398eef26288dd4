"""The echo contract, compiled when the tests start, and a servicer of it that does what a test tells it to."""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from importlib import import_module
from inspect import isawaitable
from pathlib import Path
from types import ModuleType
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from clients.generate.__main__ import PROTOS
from clients.generate.protoc import compile_protos
from services._platform.call import Call

_NAME = "echo.proto"


def compile_echo(folder: Path) -> tuple[ModuleType, ModuleType]:
    """Compiles the contract into a folder; returns the modules of its messages and of its stubs."""
    (folder / _NAME).write_text(Path(__file__).with_name(_NAME).read_text())
    (folder / "mesh").symlink_to(PROTOS / "mesh")
    compile_protos(folder, [_NAME], f"--python_out={folder}", f"--grpc_python_out={folder}")
    sys.path.insert(0, str(folder))
    try:
        return import_module("echo_pb2"), import_module("echo_pb2_grpc")
    finally:
        sys.path.remove(str(folder))


class Echo:
    """Implements every RPC by `answer`, which is given each request and the call, and remembers the calls."""

    DESCRIPTOR: ServiceDescriptor

    def __init__(self, messages: ModuleType, answer: Callable[[Any, Call], Any] | None = None) -> None:
        self.DESCRIPTOR = messages.DESCRIPTOR.services_by_name["EchoService"]
        self.calls: list[Call] = []
        self.requests: list[Any] = []
        self.replies = 3
        self.begun: list[asyncio.Task[Any] | None] = []
        self.left: list[asyncio.Task[Any] | None] = []
        """The tasks that began to answer with a stream, and that ended to."""
        self._note = messages.Note
        self._page = messages.ListNotesResponse
        self.answer = answer or (lambda request, call: None)

    async def Say(self, request: Any, call: Call) -> Any:
        return await self._answered(request, call)

    async def Stamp(self, request: Any, call: Call) -> Any:
        return await self._answered(request, call)

    async def Peek(self, request: Any, call: Call) -> Any:
        return await self._answered(request, call)

    async def Relay(self, request: Any, call: Call) -> Any:
        return await self._answered(request, call)

    async def ListNotes(self, request: Any, call: Call) -> Any:
        return self._page()

    async def Collect(self, requests: AsyncIterator[Any], call: Call) -> Any:
        return self._note(text="".join([(await self._answered(request, call)).text async for request in requests]))

    async def Count(self, request: Any, call: Call) -> AsyncGenerator[Any, None]:
        self.begun.append(asyncio.current_task())
        try:
            for number in range(self.replies):
                yield self._note(text=f"{(await self._answered(request, call)).text}{number}")
        finally:
            self.left.append(asyncio.current_task())

    async def Chat(self, requests: AsyncIterator[Any], call: Call) -> AsyncGenerator[Any, None]:
        async for request in requests:
            yield await self._answered(request, call)

    async def _answered(self, request: Any, call: Call) -> Any:
        self.calls.append(call)
        self.requests.append(request)
        text = self.answer(request, call)
        if isawaitable(text):
            text = await text
        return self._note(text=request.text if text is None else text)
