"""Where in the log somebody asks to start."""

from mesh.events.v1.log_pb2 import StartPosition
from services._platform.times import instant
from services.events.domain.refusals import PositionTrimmed
from services.events.store.log import Log


async def position(log: Log, start: StartPosition) -> int:
    """The position before what is asked for. Refuses one that the log does not go back to any more."""
    match start.WhichOneof("at"):
        case "earliest":
            return 0
        case "publish_time":
            return await log.before(instant(start.publish_time))
        case "after_position":
            horizon = await log.horizon()
            if start.after_position < horizon:
                raise PositionTrimmed(horizon)
            return min(start.after_position, await log.end())
        case _:
            return await log.end()
