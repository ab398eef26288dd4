"""Partial updates: what the mask names changes, nothing else does."""

from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from services._platform import masks
from services._platform.errors import EtagMismatch, InvalidArgument


@pytest.fixture
def current(messages: Any) -> Any:
    return messages.Note(
        name="notes/a",
        text="old",
        weight=3,
        labels={"a": "1", "b": "2"},
        lines=[messages.Line(quantity=1)],
        first=messages.Line(quantity=1),
        etag="e1",
        author="ada",
    )


def changed(current: Any, patch: dict[str, Any], *paths: str) -> dict[str, Any]:
    """The fields that an update changed, with their new values (None when cleared)."""
    before = {field.name: value for field, value in current.ListFields()}
    result = masks.changed(current, type(current)(**patch), FieldMask(paths=paths), "note")
    after = {field.name: value for field, value in result.ListFields()}
    return {name: after.get(name) for name in before | after if before.get(name) != after.get(name)}


def test_a_named_field_changes_and_the_others_do_not(current: Any) -> None:
    assert changed(current, {"text": "new", "weight": 9}, "text") == {"text": "new"}


def test_a_named_field_that_the_patch_lacks_is_cleared(current: Any) -> None:
    assert changed(current, {}, "text", "weight", "labels", "lines", "first") == {
        "text": None,
        "weight": None,
        "labels": None,
        "lines": None,
        "first": None,
    }


def test_without_a_mask_what_is_set_changes(current: Any) -> None:
    assert changed(current, {"text": "new", "labels": {"c": "3"}}) == {"text": "new", "labels": {"c": "3"}}
    assert changed(current, {}) == {}


def test_without_a_mask_an_optional_zero_is_set_and_a_plain_one_is_not(current: Any) -> None:
    assert changed(current, {"weight": 0, "text": ""}) == {"weight": 0}


def test_an_optional_zero_is_told_from_nothing(current: Any) -> None:
    assert changed(current, {"weight": 0}, "weight") == {"weight": 0}
    assert changed(current, {}, "weight") == {"weight": None}


def test_maps_lists_and_messages_are_replaced_whole(current: Any, messages: Any) -> None:
    patch = {"labels": {"a": "9"}, "lines": [{"quantity": 5}, {"quantity": 6}], "first": {"quantity": 7}}
    after = masks.changed(current, messages.Note(**patch), FieldMask(paths=["labels", "lines", "first"]), "note")
    assert dict(after.labels) == {"a": "9"}
    assert [line.quantity for line in after.lines] == [5, 6]
    assert after.first.quantity == 7


def test_a_star_names_all_that_may_be_written(current: Any) -> None:
    after = changed(current, {"text": "new", "name": "notes/b", "author": "eve"}, "*")
    assert after == {"text": "new", "weight": None, "labels": None, "lines": None, "first": None}


def test_what_is_fixed_is_ignored_unless_it_is_named(current: Any) -> None:
    fixed = {"name": "notes/b", "author": "eve", "create_time": {"seconds": 1}}
    assert changed(current, fixed) == {}
    for path in fixed:
        with pytest.raises(InvalidArgument) as refused:
            changed(current, fixed, path)
        assert [(one.field, one.description) for one in refused.value.violations] == [
            ("update_mask", f"'{path}' may not be written")
        ]


@pytest.mark.parametrize("path", ["nothing", "", "first.quantity", "labels.a", "displayName", "text,weight"])
def test_a_path_that_is_no_field_is_refused(current: Any, path: str) -> None:
    with pytest.raises(InvalidArgument, match="update_mask: there is no field"):
        changed(current, {"text": "new"}, "text", path)


def test_a_star_stands_alone(current: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"there is no field '\*'"):
        changed(current, {}, "*", "text")


def test_an_etag_is_compared_when_there_is_one_and_never_written(current: Any) -> None:
    assert changed(current, {"text": "new", "etag": "e1"}, "text") == {"text": "new"}
    with pytest.raises(EtagMismatch) as refused:
        changed(current, {"text": "new", "etag": "e0"}, "text")
    assert refused.value.metadata == {"resource": "notes/a"}
    with pytest.raises(InvalidArgument, match="'etag' may not be written"):
        changed(current, {"etag": "e1"}, "etag")


def test_the_result_must_keep_the_rules(current: Any) -> None:
    with pytest.raises(InvalidArgument) as refused:
        changed(current, {"text": "x" * 21, "weight": -1}, "weight")
    assert [one.field for one in refused.value.violations] == ["note.weight"]


def test_neither_the_current_resource_nor_the_patch_is_touched(current: Any, messages: Any) -> None:
    before, patch = messages.Note(), messages.Note(text="new", labels={"x": "y"})
    before.CopyFrom(current)
    masks.changed(current, patch, FieldMask(paths=["text", "labels"]), "note")
    assert current == before
    assert patch == messages.Note(text="new", labels={"x": "y"})
