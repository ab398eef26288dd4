"""How the live sagas fare, for Prometheus: what is old past its pivot is stuck money."""

from prometheus_client import Gauge

from services._platform import sql
from services._platform.clock import Clock
from services._platform.postgres import Pool, reading
from services.saga.domain.run import ENDED, State

Q = sql.load(__package__, "sagas")

_LIVE = Gauge("mesh_sagas_live", "Sagas that have not ended.", ["state", "past_pivot"])
_OLDEST = Gauge("mesh_saga_oldest_seconds", "Age of the oldest saga that has not ended.", ["state", "past_pivot"])


class Survey:
    """Counts and ages of live sagas, of all replicas together."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def measure(self) -> None:
        """Sets the gauges."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["survey"])
        found = {(State(row["state"]), row["past_pivot"]): row for row in rows}
        for state in set(State) - ENDED:
            for past in (False, True):
                row = found.get((state, past))
                age = (self._clock() - row["oldest"]).total_seconds() if row else 0
                _LIVE.labels(state.name, str(past).lower()).set(row["sagas"] if row else 0)
                _OLDEST.labels(state.name, str(past).lower()).set(age)
