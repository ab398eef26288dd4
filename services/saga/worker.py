"""What sagas do by themselves, besides being carried out."""

from services._platform.loops import Loop
from services.saga.execution.executor import Executor
from services.saga.store.survey import Survey


def loops(executor: Executor, survey: Survey) -> list[Loop]:
    """Every replica runs them all: each keeps its own lease, and takes over what it can."""

    async def surveyed() -> bool:
        await survey.measure()
        return False

    return [
        Loop("take-over-sagas", executor.take_over, every=1),
        Loop("expire-sagas", executor.expire, every=1),
        Loop("survey-sagas", surveyed, every=5),
    ]
