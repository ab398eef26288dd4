"""Records and replays gRPC traffic.

    python -m tests.contract.recorder record --target HOST:PORT --listen HOST:PORT --tape FILE
    python -m tests.contract.recorder replay --target HOST:PORT --tape FILE [--callers FILE]

`record` proxies until it is interrupted. `replay` prints what the build behind the target answers differently, and
fails if it does.
"""

import argparse
import signal
import sys
from pathlib import Path

import grpc

from clients.contract import IMAGE
from tests.contract.callers import ANONYMOUS, OPERATOR, Callers, read
from tests.contract.faces import GrpcFace
from tests.contract.generate.messages import Messages
from tests.contract.recorder import tape
from tests.contract.recorder.proxy import proxy
from tests.contract.recorder.replay import Replay
from tests.contract.subject import Subject


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["record", "replay"])
    parser.add_argument("--target", required=True)
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--tape", type=Path, required=True)
    parser.add_argument("--callers", type=Path, help="JSON file with the access token of the `operator` who replays")
    parser.add_argument("--descriptors", type=Path, default=IMAGE)
    given = parser.parse_args()
    subject = Subject(given.descriptors)
    if given.mode == "record":
        record(subject, given.target, given.listen, given.tape)
    else:
        sys.exit("\n".join(replay(subject, given.target, given.tape, read(given.callers))) or None)


def record(subject: Subject, target: str, listen: str, file: Path) -> None:
    """Records until SIGINT or SIGTERM."""
    with proxy(subject, target, listen, lambda call: tape.write([call], file)) as port:
        sys.stdout.write(f"recording on port {port}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def replay(subject: Subject, target: str, file: Path, callers: Callers) -> list[str]:
    """What a build answers differently to the operator."""
    with grpc.insecure_channel(target) as channel:
        operator = callers(OPERATOR) or ANONYMOUS
        stand_in = Messages(lambda _: ()).simplest
        return list(Replay(subject, GrpcFace(channel), stand_in, operator).differences(tape.read(file)))


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
