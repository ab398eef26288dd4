"""What of an RPC's policy breaks callers when it changes."""

from collections.abc import Iterator

from clients.contract import Access, Method

# From who lets in more to who lets in fewer.
_NARROWER = [Access.PUBLIC, Access.USER, Access.SERVICE]


def tightened(before: Method, after: Method) -> Iterator[str]:
    """What callers of the earlier RPC would stumble over."""
    if _NARROWER.index(after.access) > _NARROWER.index(before.access):
        yield f"access {before.access.name} -> {after.access.name}: callers are shut out"
    elif after.access is Access.USER and after.permission != before.permission:
        yield f"permission {before.permission or 'none'} -> {after.permission}: callers may lack it"
    if after.max_deadline < before.max_deadline:
        yield f"max_deadline {before.max_deadline:g} s -> {after.max_deadline:g} s: longer calls are cut off"
    if before.safe and not after.safe:
        yield "no longer without side effects: callers repeat and cache it"
    if before.idempotent and not after.idempotent:
        yield "no longer idempotent: callers repeat it"
    for rule in before.http:
        if rule not in after.http:
            yield f"{rule.verb} {rule.path} (body {rule.body or 'none'}) is gone: JSON callers find nothing there"
