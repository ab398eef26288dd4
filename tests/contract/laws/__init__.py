"""The laws, one module each."""

from collections.abc import Mapping

from tests.contract.law import Law
from tests.contract.laws import (
    access,
    completeness,
    deadlines,
    edge_parity,
    hostility,
    idempotency,
    invalid_input,
    masks,
    paging,
    recording,
    valid_input,
    wire,
)

LAWS: Mapping[str, Law] = {
    law.name: law
    for law in (
        completeness.LAW,
        valid_input.LAW,
        invalid_input.LAW,
        edge_parity.LAW,
        idempotency.LAW,
        paging.LAW,
        masks.LAW,
        access.LAW,
        deadlines.LAW,
        hostility.LAW,
        wire.LAW,
        recording.LAW,
    )
}
