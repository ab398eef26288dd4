"""Every way in which sagas say no. The reasons are those of `mesh.saga.v1.ErrorReason`."""

from collections.abc import Iterable

from services._platform.errors import AlreadyExists, FailedPrecondition, FieldViolation, InvalidArgument, NotFound
from services.saga.domain.structure import Mistake


class SagaNotFound(NotFound):
    """No such saga, or none that the caller may see."""

    reason = "SAGA_NOT_FOUND"

    def __init__(self, saga: str) -> None:
        super().__init__(f"there is no saga {saga}", metadata={"saga": f"sagas/{saga}"})


class DefinitionNotFound(NotFound):
    """No such definition, or no such version."""

    reason = "SAGA_DEFINITION_NOT_FOUND"

    def __init__(self, definition: str, version: int = 0) -> None:
        at = f" version {version}" if version else ""
        named = {"sagaDefinition": f"sagaDefinitions/{definition}"}
        super().__init__(f"there is no definition {definition}{at}", metadata=named)


class DefinitionInvalid(InvalidArgument):
    """The definition breaks rules."""

    reason = "SAGA_DEFINITION_INVALID"

    def __init__(self, definition: str, mistakes: Iterable[Mistake]) -> None:
        found = [FieldViolation(f"saga_definition.{each.path}", each.description, each.rule) for each in mistakes]
        super().__init__(
            "; ".join(f"{each.field}: {each.description}" for each in found),
            metadata={"sagaDefinition": f"sagaDefinitions/{definition}"},
            violations=found,
        )


class InputInvalid(InvalidArgument):
    """The input is not what the definition takes."""

    reason = "SAGA_INPUT_INVALID"

    def __init__(self, expected: str, violations: Iterable[FieldViolation] = ()) -> None:
        super().__init__(
            f"the input is not a valid {expected}", metadata={"expected": expected}, violations=tuple(violations)
        )


class KeyTaken(AlreadyExists):
    """The key has a saga with another input."""

    reason = "SAGA_KEY_TAKEN"

    def __init__(self, saga: str, key: str) -> None:
        super().__init__(f"{key} has a saga with another input", metadata={"saga": f"sagas/{saga}", "key": key})


class PastPivot(FailedPrecondition):
    """The saga goes on to its end."""

    reason = "SAGA_PAST_PIVOT"

    def __init__(self, saga: str, state: str) -> None:
        said = "the saga has reached its pivot and goes on to its end"
        super().__init__(said, metadata={"saga": f"sagas/{saga}", "state": state})


class StepNotFound(NotFound):
    """The saga has no such step."""

    reason = "SAGA_STEP_NOT_FOUND"

    def __init__(self, saga: str, step: str) -> None:
        super().__init__(f"there is no step {step} for this", metadata={"step": step, "saga": f"sagas/{saga}"})


class SignalInvalid(InvalidArgument):
    """The payload is not what the step waits for."""

    reason = "SAGA_SIGNAL_INVALID"

    def __init__(self, expected: str, violations: Iterable[FieldViolation] = ()) -> None:
        super().__init__(
            f"the payload is not a valid {expected}", metadata={"expected": expected}, violations=tuple(violations)
        )


class SignalNotAwaited(FailedPrecondition):
    """The step has had its signal, or will not wait for one any more."""

    reason = "SAGA_SIGNAL_NOT_AWAITED"

    def __init__(self, saga: str, step: str, state: str) -> None:
        super().__init__(
            f"{step} waits for no signal", metadata={"saga": f"sagas/{saga}", "step": step, "state": state}
        )


class StepNotStuck(FailedPrecondition):
    """Nothing is to be decided about the step."""

    reason = "SAGA_STEP_NOT_STUCK"

    def __init__(self, saga: str, step: str, state: str) -> None:
        super().__init__(f"{step} is not stuck", metadata={"saga": f"sagas/{saga}", "step": step, "state": state})


class OutcomeUnknown(FailedPrecondition):
    """Another request could do it twice."""

    reason = "SAGA_OUTCOME_UNKNOWN"

    def __init__(self, saga: str, step: str) -> None:
        said = f"whether {step} took effect is not known"
        super().__init__(said, metadata={"saga": f"sagas/{saga}", "step": step})


class PayloadInvalid(InvalidArgument):
    """The payload is not of the step's request or reply type."""

    reason = "SAGA_PAYLOAD_INVALID"

    def __init__(self, expected: str, violations: Iterable[FieldViolation] = ()) -> None:
        super().__init__(
            f"the payload is not a valid {expected}", metadata={"expected": expected}, violations=tuple(violations)
        )
