"""The topics of the contract, and their messages."""

from collections.abc import Mapping

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from services._platform.errors import InvalidArgument
from services._platform.validation import validate
from services.events.domain.events import Draft
from services.events.domain.refusals import PayloadInvalid, TopicUnknown


class Topics:
    """Every message of every area's `event.proto`, by its full name."""

    def __init__(self, described: Mapping[str, Descriptor]) -> None:
        self._classes = {name: GetMessageClass(descriptor) for name, descriptor in sorted(described.items())}

    def __contains__(self, topic: str) -> bool:
        return topic in self._classes

    @property
    def names(self) -> list[str]:
        """In their order."""
        return list(self._classes)

    def read(self, topic: str, payload: bytes) -> Message:
        """The message of a payload. Raises `KeyError` or `DecodeError`."""
        return self._classes[topic].FromString(payload)

    def as_json(self, topic: str, payload: bytes) -> object:
        """The message of a payload, as JSON has it."""
        return MessageToDict(self.read(topic, payload))

    def check(self, place: int, draft: Draft) -> None:
        """Refuses an event that is not as the contract says; `place` is where it stands in the request."""
        if draft.topic not in self._classes:
            raise TopicUnknown(draft.topic)
        path = f"events[{place}].payload"
        try:
            validate(self.read(draft.topic, draft.payload), path)
        except DecodeError as error:
            raise PayloadInvalid(f"{path}: not a {draft.topic}", metadata=_placed(draft, place)) from error
        except InvalidArgument as broken:
            metadata = _placed(draft, place)
            raise PayloadInvalid(broken.message, metadata=metadata, violations=broken.violations) from broken


def _placed(draft: Draft, place: int) -> dict[str, str | int]:
    return {"topic": draft.topic, "index": place}


def described(image: bytes) -> dict[str, Descriptor]:
    """The topics in a descriptor image, registered where the generated messages are."""
    pool = descriptor_pool.Default()
    found: dict[str, Descriptor] = {}
    for file in FileDescriptorSet.FromString(image).file:
        _register(pool, file)
        if file.package.startswith("mesh.") and file.name.endswith("/event.proto"):
            found |= {one.full_name: one for one in pool.FindFileByName(file.name).message_types_by_name.values()}
    return found


def _register(pool: descriptor_pool.DescriptorPool, file: FileDescriptorProto) -> None:
    try:
        pool.FindFileByName(file.name)
    except KeyError:
        pool.Add(file)
