"""The surface: the part of the contract that the outside may see."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from clients import contract
from clients.contract import Access, Method


@dataclass(frozen=True, slots=True)
class Surface:
    """Every RPC that the edge shows, and the descriptors that Envoy transcodes by."""

    rpcs: tuple[Method, ...]
    """By gRPC path. Those for other services of the mesh are not among them."""
    roles: Mapping[str, frozenset[str]]
    """What each role may do."""
    descriptors: bytes
    """A `FileDescriptorSet` without comments."""

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas that answer at least one RPC, sorted."""
        return tuple(sorted({contract.area(rpc.service) for rpc in self.rpcs}))

    @property
    def descriptor_file(self) -> str:
        """Named by content: Envoy loads new descriptors together with the listener that names them."""
        return f"contract-{hashlib.sha256(self.descriptors).hexdigest()[:12]}.binpb"


def read(image: Path) -> Surface:
    """Reads a descriptor image. Raises `ContractError` when an RPC says too little."""
    rpcs = [rpc for service in contract.services(image) for rpc in contract.methods(service)]
    shown = sorted((rpc for rpc in rpcs if rpc.access is not Access.SERVICE), key=lambda rpc: rpc.path)
    return Surface(tuple(shown), contract.roles(image), _without_comments(image.read_bytes()))


def _without_comments(image: bytes) -> bytes:
    # In a pool of its own, an option stays the bytes that it is, whichever options this process happens to know.
    pool = DescriptorPool()
    pool.AddSerializedFile(descriptor_pb2.DESCRIPTOR.serialized_pb)
    kind = GetMessageClass(pool.FindMessageTypeByName(FileDescriptorSet.DESCRIPTOR.full_name))
    files = cast("FileDescriptorSet", kind.FromString(image))
    for file in files.file:
        file.ClearField("source_code_info")
    return files.SerializeToString(deterministic=True)
