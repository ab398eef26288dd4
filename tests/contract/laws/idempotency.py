"""A replay returns the first answer and has one effect, also when it races; what has no side effects writes nothing."""

import time
from collections import Counter
from collections.abc import Sequence

from google.protobuf.message import Message
from google.rpc import code_pb2

from clients.contract import Method
from tests.contract.generate.rules import broken
from tests.contract.law import Law, Trial, fresh_id, with_id
from tests.contract.laws.answers import without
from tests.contract.store import Content
from tests.contract.subject import fields, remembers, sensitive

_RACERS = 4
"""Fewer than a caller may try wrong passwords before being held up: the first of a race is not known to be right."""
_TRIES = 8
_CALM, _LOOKS = 0.05, 8
"""Seconds, more with each try, in which nothing comes when all has come; and how often that is waited for."""
_BODIES = 5
_CUTS = (0.001, 0.002, 0.004)


def spared(rpc: Method) -> str:
    """A write that has no request id makes no promise."""
    return "" if rpc.safe or remembers(rpc) else "a write without a request id"


def judge(trial: Trial) -> None:
    """Safe RPCs write nothing; writes are remembered."""
    if trial.rpc.safe:
        _writes_nothing(trial)
        return
    request_id = fresh_id()
    requests = trial.seed(request_id)
    _replayed(trial, requests)
    _reused(trial, requests[0], request_id)
    _raced(trial)
    _cut_off(trial)


def _writes_nothing(trial: Trial) -> None:
    if trial.rpc.descriptor.server_streaming:
        # What makes it answer writes; that it opens and closes does not.
        requests = trial.seed()
        changed = trial.writes(lambda: trial.mesh.direct.call(trial.rpc, *requests, timeout=0.05))
    else:
        requests = trial.seed()
        changed = trial.writes(lambda: trial.call(*requests))
    assert not changed, f"NO_SIDE_EFFECTS, yet it writes {changed}"
    trial.evidence.saw("wrote nothing")


def _replayed(trial: Trial, requests: Sequence[Message]) -> None:
    first = trial.call(*requests)
    assert first.ok, f"the seed is refused: {first}"
    changed = trial.writes(lambda: _assert_equal(trial.call(*requests).answer, first.answer, "the replay answers anew"))
    assert not changed, f"the replay writes {changed}"
    trial.evidence.saw("replayed")


def _raced(trial: Trial) -> None:
    """Calls that race add what one call adds. Loops of the server add rows too, and what follows from a call may come
    later than its answer: so a table must differ each time, also when it is waited until nothing comes any more.
    """
    doubtful: dict[str, str] = {}
    for attempt in range(_TRIES):
        single, racing = (_rows_added(trial, callers, _CALM * attempt) for callers in (1, _RACERS))
        differs = {
            table: f"one call adds {single[table]} rows, {_RACERS} racing ones with its request id add {racing[table]}"
            for table in racing
            if racing[table] != single[table]
        }
        doubtful = {table: differs[table] for table in differs if attempt == 0 or table in doubtful}
        if not doubtful:
            break
    assert not doubtful, f"{doubtful}"
    trial.evidence.saw("raced", _RACERS)


def _rows_added(trial: Trial, callers: int, calm: float) -> Counter[str]:
    requests = trial.seed(fresh_id())
    before = _calm(trial, calm)
    racing = [trial.start(*requests) for _ in range(callers)]
    answers = [one.result().answer for one in racing]
    after = _calm(trial, calm)
    for answer in answers[1:]:
        _assert_equal(answer, answers[0], "racing calls with one request id are answered differently")
    return after.added_since(before) if before and after else Counter()


def _calm(trial: Trial, seconds: float) -> Content | None:
    """What is kept once nothing has come for so long; where something always comes, what is kept at last."""
    content = trial.content()
    for _ in range(_LOOKS if seconds and content else 0):
        time.sleep(seconds)
        before, content = content, trial.content()
        if content == before:
            break
    return content


def _cut_off(trial: Trial) -> None:
    """A caller gives up in the middle. The call took effect or not; a replay gives its answer, once."""
    for seconds in _CUTS:
        requests = trial.seed(fresh_id())
        cut = trial.mesh.direct.call(trial.rpc, *requests, metadata=trial.caller, timeout=seconds)
        assert cut.ok or cut.code in (code_pb2.DEADLINE_EXCEEDED, code_pb2.CANCELLED), f"cut after {seconds} s: {cut}"
        first, second = trial.call(*requests), trial.call(*requests)
        assert first.ok, f"cut after {seconds} s, a replay is refused: {first}"
        _assert_equal(second.answer, first.answer, "after a cut, replays are answered differently")
        trial.evidence.saw("cut off" if not cut.ok else "in time")


def _reused(trial: Trial, request: Message, request_id: str) -> None:
    """Another body under the request id of a call that was carried out. One that means nothing says little."""
    told = [_told(request)]

    def another(message: Message) -> bool:
        return _told(with_id(message, request_id)) not in told and not broken(message)

    outcome = None
    while (outcome is None or outcome.code == code_pb2.INVALID_ARGUMENT) and len(told) <= _BODIES:
        other = trial.messages.first(trial.rpc.descriptor.input_type, another)
        if other is None:
            break
        sent = with_id(other, request_id)
        told.append(_told(sent))
        outcome = trial.call(sent)
    if outcome is None:
        trial.evidence.cannot_know("whether another body is refused: all requests are the same, but for what is secret")
        return
    if trial.rpc.descriptor.client_streaming:
        # A stream answers for each of its messages.
        assert outcome.ok, f"a stream is refused for one of its messages: {outcome}"
        assert "REQUEST_ID_REUSED" in str(outcome.answer), f"another body under the same request id: {outcome}"
    else:
        if outcome.reason in trial.rpc.errors or outcome.code == code_pb2.INVALID_ARGUMENT:
            trial.evidence.cannot_know(f"whether another body is refused for its request id: it is by {outcome.reason}")
            return
        assert (outcome.code, outcome.reason) == (code_pb2.ABORTED, "REQUEST_ID_REUSED"), (
            f"another body under the same request id: {outcome}"
        )
    trial.evidence.saw("refused for another body")


def _told(request: Message) -> Message:
    """A request without what is sensitive: no digest of that is kept, so by it alone bodies are not told apart."""
    return without(request, {field.name for field in fields(request) if sensitive(field)})


def _assert_equal(answer: Message, first: Message, complaint: str) -> None:
    assert answer == first, f"{complaint}: {answer} is not {first}"


LAW = Law("idempotency", "has the effect of one call when it is repeated, or none at all", spared, judge)
