"""The orchestrator as a process that knows the participant's contract too: `python -m tests.saga.process IMAGE`."""

import sys
from functools import partial
from pathlib import Path

from services._platform.server import run
from services.saga.__main__ import NAME, compose
from services.saga.plan import contract

if __name__ == "__main__":
    run(NAME, partial(compose, known=contract.read(Path(sys.argv[1]))))
