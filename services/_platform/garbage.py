"""The garbage collector, as a server wants it."""

import gc

_COLLECT_AFTER = (20_000, 20, 50)
"""Objects that are there, and collections of the younger, after which the garbage of a generation is collected."""


def collect_less() -> None:
    """Spares the collector what is there for good, and has it look less often at what comes and goes.

    Reference counts free nearly everything. By its defaults the collector walks the whole heap, contract and all, about
    once a second under load, and every call waits for it: up to half of a busy server's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
