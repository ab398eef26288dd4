"""Page tokens: every row once, and no token but for the list that made it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services._platform.errors import InvalidArgument
from services._platform.outbox import Position
from services._platform.paging import Pager
from services._platform.tokens import PositionTokens, Tokens

KEY = b"k" * 32
pager = Pager(KEY)


def walk(messages: Any, rows: list[str], size: int) -> list[list[str]]:
    """The pages of a list that is ordered by the rows themselves."""
    pages: list[list[str]] = []
    token = ""
    while not pages or token:
        request = messages.ListNotesRequest(parent="p", page_size=size, page_token=token)
        page = pager.page(request, default=4, most=6)
        found = [row for row in sorted(rows) if page.key is None or row > page.key][: page.limit]
        shown, token = pager.cut(request, page, found, lambda row: (row,))
        pages.append(list(shown))
    return pages


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8, 9, 30])
@pytest.mark.parametrize("size", [0, 1, 4, 6, 1000])
def test_a_walk_shows_every_row_once_in_order(messages: Any, count: int, size: int) -> None:
    rows = [f"{number:03}" for number in range(count)]
    pages = walk(messages, rows, size)
    assert [row for page in pages for row in page] == rows
    expected = min(size or 4, 6)
    assert all(len(page) == expected for page in pages[:-1])
    assert len(pages[-1]) <= expected
    assert len(pages) == max(1, -(-count // expected))  # no empty last page


def test_keys_of_several_columns_come_back_as_they_went(messages: Any) -> None:
    request = messages.ListNotesRequest(page_size=1)
    page = pager.page(request, default=1, most=1)
    assert (page.after, page.key, page.limit) == ((), None, 2)
    _, token = pager.cut(request, page, ["x", "y"], lambda row: (row, 'a/"ü'))
    request.page_token = token
    assert pager.page(request, default=1, most=1).after == ("x", 'a/"ü')


def token_of(messages: Any, parent: str = "p", of: Pager = pager) -> str:
    request = messages.ListNotesRequest(parent=parent, page_size=1)
    _, token = of.cut(request, of.page(request, default=1, most=1), ["a", "b"], lambda row: (row,))
    assert token
    return token


def refused(messages: Any, token: str, parent: str = "p") -> str:
    with pytest.raises(InvalidArgument) as caught:
        pager.page(messages.ListNotesRequest(parent=parent, page_token=token), default=1, most=1)
    assert caught.value.reason == "PAGE_TOKEN_INVALID"
    [violation] = caught.value.violations
    assert violation.field == "page_token"
    return violation.description


def test_another_page_size_may_go_on_with_the_token(messages: Any) -> None:
    request = messages.ListNotesRequest(parent="p", page_size=99, page_token=token_of(messages))
    assert pager.page(request, default=1, most=50).size == 50


def test_a_token_of_another_filter_or_list_is_refused(messages: Any) -> None:
    assert refused(messages, token_of(messages), parent="other") == "made for another request"
    drafts = messages.ListDraftsRequest(parent="p", page_token=token_of(messages))
    with pytest.raises(InvalidArgument, match="page_token: made for another request"):
        pager.page(drafts, default=1, most=1)


def test_a_token_of_another_server_or_purpose_is_refused(messages: Any) -> None:
    assert refused(messages, token_of(messages, of=Pager(b"other" * 8))) == "not made by this server"
    assert refused(messages, PositionTokens(KEY).write(Position(1, 2))) == "not made by this server"


@given(st.text(max_size=80))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not made by this server"):
        Tokens(KEY, "page").read(text)


@given(st.data())
def test_a_token_changed_in_one_place_is_refused(data: st.DataObject) -> None:
    token = Tokens(KEY, "page").write(["binding", "some", "keys"])
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(codec="ascii").filter(lambda one: one != token[place]))
    forged = token[:place] + letter + token[place + 1 :]
    try:
        assert Tokens(KEY, "page").read(forged) == ["binding", "some", "keys"]  # unused bits of base64's last digit
    except ValueError as error:
        assert str(error) == "not made by this server"  # noqa: PT017


def test_positions_come_back_as_they_went() -> None:
    tokens = PositionTokens(KEY)
    assert tokens.read(tokens.write(Position(2**63, 7))) == Position(2**63, 7)
    with pytest.raises(InvalidArgument) as caught:
        tokens.read(token := "forged")
    assert (caught.value.reason, caught.value.violations[0].field, token) == (
        "RESUME_TOKEN_INVALID",
        "resume_token",
        "forged",
    )
