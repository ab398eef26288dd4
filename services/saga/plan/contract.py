"""The RPCs and messages that a definition may name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from clients import contract
from clients.contract import IMAGE, Method


@dataclass(frozen=True)
class Contract:
    """The mesh's contract as definitions see it."""

    pool: DescriptorPool
    methods: Mapping[str, Method]
    """RPCs by `package.Service/Method`."""
    ours: frozenset[str]
    """What this service may do at the others: the permissions of the role of services."""
    permissions: frozenset[str]
    """All that any role holds."""

    def find(self, full_name: str) -> Descriptor | None:
        """A message type by its full name."""
        try:
            return self.pool.FindMessageTypeByName(full_name)
        except KeyError:
            return None

    def message(self, full_name: str) -> type[Message]:
        """The class of a message type. Raises `KeyError` when there is none."""
        made: type[Message] = GetMessageClass(self.pool.FindMessageTypeByName(full_name))
        return made


def read(image: Path = IMAGE) -> Contract:
    """The contract of a descriptor image."""
    files = contract.files(image)
    services = (service for file in files for service in file.services_by_name.values())
    methods = [method for service in services for method in contract.methods(service)]
    roles = contract.roles(image)
    return Contract(
        pool=files[0].pool,
        methods={method.path.removeprefix("/"): method for method in methods},
        ours=roles["service"],
        permissions=frozenset().union(*roles.values()),
    )
