"""Named queries: every statement of a service stands in a `.sql` file, under `-- name:`, where it can be read."""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def load(package: str, *names: str) -> Mapping[str, str]:
    """The queries of the files `names` (without `.sql`) beside a package, by name. A name stands for one query."""
    found: dict[str, str] = {}
    for name in names:
        parts = _NAME.split((files(package) / f"{name}.sql").read_text())
        for query, text in zip(parts[1::2], parts[2::2], strict=True):
            if query in found:
                raise ValueError(f"{package}/{name}.sql: the query {query} is there twice")
            found[query] = text.strip()
    return found


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into the arrays that `unnest` takes, one a column, also when there are no rows."""
    return [[row[column] for row in rows] for column in range(width)]
