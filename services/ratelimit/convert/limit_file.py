"""Files of limits: the JSON of what `ListRateLimits` answers."""

from pathlib import Path

from google.protobuf import json_format

from mesh.ratelimit.v1 import rate_limit_service_pb2 as pb
from services._platform.errors import InvalidArgument
from services._platform.validation import validate
from services.ratelimit.convert import names
from services.ratelimit.convert.limits import to_limit
from services.ratelimit.domain.limits import Limit

SHIPPED = Path(__file__).parent.parent / "limits.json"
"""What a new mesh is limited by."""


def read(file: Path) -> tuple[Limit, ...]:
    """The limits of a file. Raises `InvalidArgument` with what is wrong in it, by its path."""
    try:
        message = json_format.Parse(file.read_text(), pb.ListRateLimitsResponse())
    except json_format.ParseError as error:
        raise InvalidArgument.of(str(file), str(error)) from None
    validate(message)
    return tuple(to_limit(names.RATE_LIMIT.id(one.name), one) for one in message.rate_limits)
