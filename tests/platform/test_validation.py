"""The rules of the contract, and what no rule can say: each violation names its field."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from services._platform.errors import InvalidArgument
from services._platform.validation import validate
from services._platform.wellformed import malformed


def fields(message: Any, prefix: str = "") -> list[tuple[str, str]]:
    """The paths and rules that a message breaks."""
    with pytest.raises(InvalidArgument) as refused:
        validate(message, prefix)
    assert refused.value.message == "; ".join(f"{one.field}: {one.description}" for one in refused.value.violations)
    return [(one.field, one.rule) for one in refused.value.violations]


def test_what_keeps_the_rules_passes(messages: Any) -> None:
    validate(messages.SayRequest(text="a", one="x", lines=[messages.Line(quantity=1)], at=Timestamp(seconds=1)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"text": ""}, [("text", "string.min_len")]),
        ({"lines": [{"quantity": 1}, {"quantity": 0}]}, [("lines[1].quantity", "int32.gt")]),
        ({"named": {"a": {"quantity": -1}}}, [('named["a"].quantity', "int32.gt")]),
        ({"low": 5}, [("high", "say_request.high")]),
        ({"request_id": "no"}, [("request_id", "string.uuid")]),
        ({"one": "a\0b"}, [("one", "string.nul")]),
        ({"named": {"a\0": {"quantity": 1}}}, [('named["a"]', "string.nul")]),
        ({"at": {"seconds": 10**12}}, [("at", "timestamp.range")]),
        ({"at": {"seconds": -(10**12)}}, [("at", "timestamp.range")]),
        ({"at": {"seconds": 1, "nanos": -1}}, [("at", "timestamp.range")]),
        (
            {"text": "", "low": 5, "at": {"nanos": -1}},
            [
                ("text", "string.min_len"),
                ("high", "say_request.high"),
                ("at", "timestamp.range"),
            ],
        ),
    ],
)
def test_a_violation_names_its_field(messages: Any, change: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = fields(messages.SayRequest(**{"text": "a", "one": "x", **change}))
    assert sorted(found) == sorted(expected)


def test_a_oneof_that_is_missing_is_named(messages: Any) -> None:
    assert fields(messages.SayRequest(text="a")) == [("target", "required")]


def test_a_prefix_places_a_message_in_its_stream_or_its_request(messages: Any) -> None:
    assert fields(messages.SayRequest(one="x"), "[3]") == [("[3].text", "string.min_len")]
    assert fields(messages.SayRequest(text="a", one="x", low=1), "[3]") == [("[3].high", "say_request.high")]
    assert fields(messages.SayRequest(text="\0", one="x"), "[3]") == [("[3].text", "string.nul")]


def test_a_zero_byte_that_is_no_text_is_fine(messages: Any) -> None:
    note = messages.Note(weight=0, key=b"\0\0", first=messages.Line())
    assert b"\0" in note.SerializeToString()
    assert malformed(note) == []


def test_texts_are_found_at_any_depth(messages: Any) -> None:
    note = messages.Note(
        text="\0",
        labels={"a": "\0", "b": "ok"},
        secrets=[messages.Secret(), messages.Secret(hint="\0")],
        vault={"v": messages.Secret(password="\0")},  # noqa: S106
        codes=["ok", "\0"],
    )
    assert sorted(one.field for one in malformed(note, "note")) == [
        "note.codes[1]",
        'note.labels["a"]',
        "note.secrets[1].hint",
        "note.text",
        'note.vault["v"].password',
    ]


@pytest.mark.parametrize("nanos", [-1, 0, 999_999_999, 1_000_000_000])
@pytest.mark.parametrize("seconds", [-62_135_596_801, -62_135_596_800, 0, 253_402_300_799, 253_402_300_800])
def test_an_instant_is_what_protobuf_calls_one(messages: Any, seconds: int, nanos: int) -> None:
    timestamp = Timestamp(seconds=seconds, nanos=nanos)
    found = malformed(messages.SayRequest(at=timestamp))
    try:
        timestamp.ToJsonString()
    except ValueError:
        assert [one.field for one in found] == ["at"]
    else:
        assert not found


def test_instants_are_found_at_any_depth(messages: Any) -> None:
    right, wrong = {"since": {"seconds": 1}}, {"since": {"nanos": -1}}
    assert not malformed(messages.SayRequest(lines=[right, {}], named={"a": right}))
    assert [one.field for one in malformed(messages.SayRequest(lines=[right, wrong]))] == ["lines[1].since"]
    assert [one.field for one in malformed(messages.SayRequest(named={"a": right, "b": wrong}))] == ['named["b"].since']
