"""Each rule of `clients.lint` finds its mistake, says exactly what is wrong, and is the only one to speak."""

import re

import pytest

from clients.contract import IMAGE
from clients.lint.__main__ import RULES, findings
from clients.lint.exceptions import EXCEPTIONS
from clients.lint.subject import read
from tests.clients.conftest import CompileSample
from tests.clients.mistakes import MISTAKES, Mistake

# Those of the vocabulary, which the sample imports.
SHARED = {place: why for place, why in EXCEPTIONS.items() if place[1].startswith("mesh.options.")}


def test_the_contract_is_clean() -> None:
    assert findings(read(IMAGE), EXCEPTIONS) == []


def test_the_sample_is_clean(compile_sample: CompileSample) -> None:
    assert findings(read(compile_sample()), SHARED) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.found)
def test_a_mistake_is_found(compile_sample: CompileSample, mistake: Mistake) -> None:
    assert findings(read(compile_sample(*mistake.changes)), SHARED) == [f"mesh.sample.v1.{mistake.found}"]


def test_every_rule_has_a_mistake() -> None:
    caught = {re.sub(r".*\((\w+)\)$", r"\1", mistake.found) for mistake in MISTAKES}
    assert caught == {rule.__name__ for rule in RULES}


def test_all_mistakes_are_found_at_once(compile_sample: CompileSample) -> None:
    both = compile_sample(("int32 page_size", "int64 page_size"), ("string.max_len = 10]", "string.min_len = 1]"))
    assert findings(read(both), SHARED) == [
        "mesh.sample.v1.ListSamplesRequest: no `int32 page_size` to page by (paging)",
        "mesh.sample.v1.Sample.note: unbounded: no max_len, uuid or pattern with an end (bounded)",
    ]


def test_an_exception_silences_one_rule_in_one_place(compile_sample: CompileSample) -> None:
    image = compile_sample(("google.type.Money price", "int64 price"))
    allowed = {**SHARED, ("money", "mesh.sample.v1.Sample.price"): "a reason"}
    assert findings(read(image), allowed) == []


def test_an_exception_that_is_not_needed_is_found(compile_sample: CompileSample) -> None:
    allowed = {**SHARED, ("money", "mesh.sample.v1.Sample.price"): "a reason"}
    assert findings(read(compile_sample()), allowed) == ["mesh.sample.v1.Sample.price: needs no exception from money"]
