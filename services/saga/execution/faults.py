"""Where a process may die between two durable effects: tests let it die there."""

from collections.abc import Awaitable, Callable

Fault = Callable[[str], Awaitable[None]]
"""Told of each such point, by a name, before it is passed."""


async def no_fault(_point: str) -> None:
    """Nothing happens."""
