"""The dead letters' RPCs."""

from mesh.events.v1 import dead_letter_pb2, dead_letter_service_pb2
from mesh.events.v1.dead_letter_service_servicer import DeadLetterServiceServicer
from services._platform.call import Call, Once
from services._platform.paging import Pager
from services._platform.times import timestamp
from services.events.convert import log, names
from services.events.store.dead_letters import DeadLetter
from services.events.store.dead_letters import DeadLetters as Store


class DeadLetters(DeadLetterServiceServicer[Call]):
    """`mesh.events.v1.DeadLetterService`."""

    def __init__(self, store: Store, pager: Pager) -> None:
        self._store = store
        self._pager = pager

    async def ListDeadLetters(
        self, request: dead_letter_service_pb2.ListDeadLettersRequest, call: Call, /
    ) -> dead_letter_service_pb2.ListDeadLettersResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(request.parent, int(page.key or 0), page.limit)
        shown, token = self._pager.cut(request, page, found, lambda letter: (str(letter.number),))
        return dead_letter_service_pb2.ListDeadLettersResponse(
            dead_letters=[_message(request.parent, letter) for letter in shown], next_page_token=token
        )

    async def RedriveDeadLetters(
        self, request: dead_letter_service_pb2.RedriveDeadLettersRequest, call: Call, /
    ) -> dead_letter_service_pb2.RedriveDeadLettersResponse:
        answer = dead_letter_service_pb2.RedriveDeadLettersResponse
        once: Once[int, dead_letter_service_pb2.RedriveDeadLettersResponse] = call.once(
            answer, lambda count: answer(redriven_count=count)
        )
        return await self._store.redrive(request.parent, _numbers(request), once)

    async def DiscardDeadLetters(
        self, request: dead_letter_service_pb2.DiscardDeadLettersRequest, call: Call, /
    ) -> dead_letter_service_pb2.DiscardDeadLettersResponse:
        answer = dead_letter_service_pb2.DiscardDeadLettersResponse
        once: Once[int, dead_letter_service_pb2.DiscardDeadLettersResponse] = call.once(
            answer, lambda count: answer(discarded_count=count)
        )
        return await self._store.discard(request.parent, _numbers(request), once)


def _numbers(
    request: dead_letter_service_pb2.RedriveDeadLettersRequest | dead_letter_service_pb2.DiscardDeadLettersRequest,
) -> list[int]:
    """The numbers that are named; one that is another group's names nothing, which is not the same as naming all."""
    own = [name for name in request.names if name.startswith(f"{request.parent}/")]
    return [names.dead_letter_number(name) for name in own] or ([0] if request.names else [])


def _message(parent: str, letter: DeadLetter) -> dead_letter_pb2.DeadLetter:
    return dead_letter_pb2.DeadLetter(
        name=names.dead_letter(parent, letter.number),
        event=log.event(letter.event),
        cause=dead_letter_pb2.DeadLetterCause.ValueType(letter.cause.value),
        error=letter.error,
        attempts=letter.attempts,
        consumer=letter.consumer,
        create_time=timestamp(letter.dead_time),
        redriven=letter.redriven,
    )
