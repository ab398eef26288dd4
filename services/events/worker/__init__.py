"""What events does by itself."""

from services.events.worker.keeping import compactor, due_mover, forgetter, keeper, lag_meter
from services.events.worker.pushing import open_pushing
from services.events.worker.relaying import open_relays

__all__ = ["compactor", "due_mover", "forgetter", "keeper", "lag_meter", "open_pushing", "open_relays"]
