"""Concatenated pages are the whole, whatever is inserted meanwhile; tokens are good for just their request."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.message import Message
from google.rpc import code_pb2

from clients.contract import Method
from tests.contract.law import Law, Trial
from tests.contract.outcome import Outcome
from tests.contract.subject import copy, held, items_field, pages

_ENOUGH = 5
_MOST_PAGES = 12
_ALL = 2**31 - 1


def spared(rpc: Method) -> str:
    """What answers at once has no pages."""
    return "" if pages(rpc) else "does not answer in pages"


def judge(trial: Trial) -> None:
    """Reads page by page while items are inserted, then tries tokens and sizes that are not right."""
    [request] = trial.seed()
    more = trial.mesh.seeds.more(trial.rpc)
    if more is None:
        trial.evidence.cannot_know("whether pages hold while items come: the seeds cannot make one more")
    else:
        while len(_items(trial, trial.call(_sized(request, _ALL)))) < _ENOUGH:
            more(request)
    largest = list(_pages(trial, request, _ALL))
    whole = _keys(trial, [item for page in largest for item in page])
    # A page of one has no boundary to get wrong; pages of the greatest size would have them where the whole has.
    size = max(2, min(len(whole) // _MOST_PAGES, len(largest[0]) - 1))
    seen: list[bytes] = []
    for place, page in enumerate(_pages(trial, request, size)):
        assert len(page) <= size, f"a page of {len(page)} items, although {size} were asked for"
        seen += _keys(trial, page)
        # A list of the oldest first would never end if its end went on moving away.
        if more is not None and place < _MOST_PAGES:
            more(request)
    repeated = [key for key, times in Counter(seen).items() if times > 1]
    assert not repeated, f"items that come on several pages: {repeated}"
    missing = [key for key in whole if key not in set(seen)]
    assert not missing, f"of {len(whole)} items, pages of {size} leave out {missing}"
    kept = [key for key in seen if key in set(whole)]
    assert kept == whole, "pages come in another order than the whole"
    trial.evidence.saw("items paged through", len(whole))
    _honours_limits(trial, request)
    _refuses_tokens(trial, request)


def _pages(trial: Trial, request: Message, size: int) -> Iterator[list[Message]]:
    asked = _sized(request, size)
    while True:
        answer: Any = trial.call(asked).answer
        yield _items(trial, Outcome((answer,)))
        if not answer.next_page_token:
            return
        asked.page_token = answer.next_page_token


def _honours_limits(trial: Trial, request: Message) -> None:
    field = f"{trial.rpc.descriptor.input_type.full_name}.page_size"
    said = re.search(r"At most ([\d,]+)", trial.mesh.subject.comments[field])
    if said is None:
        trial.evidence.cannot_know("the greatest page: the comment of page_size does not say `At most N`")
        return
    most = int(said[1].replace(",", ""))
    got = len(_items(trial, trial.call(_sized(request, _ALL))))
    assert got <= most, f"a page of {got} items, although the contract says at most {most}"
    if got < most:
        trial.evidence.cannot_know(f"that a page is cut to {most}: there are only {got} items")
    trial.evidence.saw("greatest page honoured")


def _refuses_tokens(trial: Trial, request: Message) -> None:
    token: str = trial.call(_sized(request, 1)).answer.next_page_token  # type: ignore[attr-defined]
    assert token, "a page of one of several items names no next page"
    flipped = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    wrong = {"forged": "forged", "truncated": token[: len(token) // 2], "altered": flipped}
    for kind, bad in wrong.items():
        _assert_refused(trial, _tokened(request, bad), kind)
    for field in ("filter", "parent"):
        if field in request.DESCRIPTOR.fields_by_name:
            other = _tokened(request, token)
            value = next((value for value in _others(trial, field) if value != getattr(request, field)), None)
            if value is None:
                trial.evidence.cannot_know(f"that a token is refused for another {field}: no other is known")
                continue
            setattr(other, field, value)
            _assert_refused(trial, other, f"made for another {field}")


def _others(trial: Trial, field: str) -> Sequence[str]:
    """Other values of a field that narrows the list."""
    descriptor = trial.rpc.descriptor.input_type
    if field == "filter":
        return [*re.findall(r"Example:\s+`([^`]+)`", trial.mesh.subject.comments[f"{descriptor.full_name}.filter"])]
    return trial.messages.references(descriptor.fields_by_name[field], descriptor)


def _assert_refused(trial: Trial, request: Message, kind: str) -> None:
    outcome = trial.call(request)
    said = (outcome.code, outcome.reason, outcome.fields)
    assert said == (code_pb2.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID", frozenset({"page_token"})), (
        f"a token: {kind}: {outcome}"
    )
    trial.evidence.saw(f"token refused: {kind}")


def _items(trial: Trial, outcome: Outcome) -> list[Message]:
    return list(getattr(outcome.answer, items_field(trial.rpc).name))


def _keys(trial: Trial, items: list[Message]) -> list[bytes]:
    """What tells one item from another: its name or id, else all of it."""
    fields = held(items_field(trial.rpc)).fields_by_name
    key = next((name for name in ("name", "id") if name in fields), None)
    return [getattr(item, key).encode() if key else item.SerializeToString(deterministic=True) for item in items]


def _sized(request: Message, size: int) -> Any:
    made: Any = copy(request)
    made.page_size = size
    return made


def _tokened(request: Message, token: str) -> Any:
    made: Any = _sized(request, 1)
    made.page_token = token
    return made


LAW = Law("paging", "pages are the whole, and tokens are good for their request only", spared, judge)
