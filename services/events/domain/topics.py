"""Topics, and the patterns that route them: a topic's name, all under a prefix (`mesh.inventory.*`), or `*`."""

from collections.abc import Collection, Sequence

from services.events.domain.refusals import TopicUnknown


def matching(patterns: Sequence[str], topics: Collection[str]) -> list[str]:
    """The topics that patterns name, in their order. Refuses a pattern that names none."""
    named: set[str] = set()
    for pattern in patterns:
        found = {topic for topic in topics if matches(pattern, topic)}
        if not found:
            raise TopicUnknown(pattern)
        named |= found
    return sorted(named)


def matches(pattern: str, topic: str) -> bool:
    """Whether a pattern names a topic."""
    return topic.startswith(pattern[:-1]) if pattern.endswith("*") else topic == pattern


def as_like(patterns: Sequence[str]) -> list[str]:
    """The patterns in the language of SQL's LIKE."""
    return [pattern.replace("_", "\\_").replace("*", "%") for pattern in patterns]
