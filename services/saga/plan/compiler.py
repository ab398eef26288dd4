"""Compiles definitions. Whatever is wrong with one is found at once, each mistake with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from cel_expr_python import cel
from google.protobuf.descriptor import Descriptor
from google.protobuf.message_factory import GetMessageClass

from clients.contract import Method
from mesh.saga.v1 import saga_definition_pb2, saga_pb2
from mesh.saga.v1.saga_definition_pb2 import SagaCall, SagaDefinition, SagaStep
from services.saga.convert import definitions, names
from services.saga.domain import structure
from services.saga.domain.definition import Definition, Step, StepClass
from services.saga.domain.refusals import DefinitionInvalid
from services.saga.domain.structure import Mistake
from services.saga.plan.contract import Contract
from services.saga.plan.expressions import Expression, Scope
from services.saga.plan.plan import Call, Child, Plan, StepPlan

APPROVAL = saga_definition_pb2.Approval.DESCRIPTOR.full_name
_GRACE = timedelta(seconds=1)
"""What a call may be late at its server beyond its deadline there: the way, and a process that was held up."""

Inputs = Mapping[str, str]
"""The input types of the definitions that may be children, by id."""


def compiled(contract: Contract, id: str, version: int, message: SagaDefinition, children: Inputs) -> Plan:
    """The plan of a definition. Raises `DefinitionInvalid`."""
    messages = definitions.expanded(message)
    ordered = definitions.steps(messages)
    mistakes = [*_of_kind(message), *structure.misordered(ordered)]
    taken = contract.find(message.input_type)
    if taken is None:
        mistakes.append(Mistake("input_type", f"there is no message {message.input_type}", "TYPE_UNKNOWN"))
    if mistakes or taken is None:
        raise DefinitionInvalid(id, mistakes)
    order = Definition({step.id: step for step in ordered}, definitions.deadline(message))
    compiling = _Compiling(contract, order, taken, children, list(structure.misclassed(order)))
    paths = [(f"steps[{place}]", f"steps[{place}].call") for place in range(len(message.steps))]
    paths += [(path, f"{path}.confirm") for path, _ in paths]  # of the confirms, where there are any
    replies = {each.id: compiling.reply(each, path) for each, (path, _) in zip(messages, paths, strict=False)}
    steps = {each.id: compiling.step(each, *paths[place], replies) for place, each in enumerate(messages)}
    permissions = frozenset(message.permissions) or compiling.permissions
    for permission in sorted(permissions - contract.permissions):
        compiling.mistakes.append(Mistake("permissions", f"no role holds {permission}", "PERMISSION_UNKNOWN"))
    if compiling.mistakes:
        raise DefinitionInvalid(id, compiling.mistakes)
    order = Definition({each: step.step for each, step in steps.items()}, order.deadline)
    return Plan(id, version, GetMessageClass(taken), order, steps, permissions)


def _of_kind(message: SagaDefinition) -> Iterator[Mistake]:
    """What belongs to the one kind of definition and not to the other."""
    tcc = message.kind == saga_definition_pb2.SAGA_KIND_TCC
    for place, step in enumerate(message.steps):
        path = f"steps[{place}]"
        if tcc and not (step.HasField("confirm") and step.HasField("call")):
            yield Mistake(f"{path}.confirm", "a step is a call with a confirm", "CONFIRM_MISSING")
        if tcc and step.step_class:
            yield Mistake(f"{path}.step_class", "a try has none", "CLASS_UNWANTED")
        if not tcc and step.HasField("confirm"):
            yield Mistake(f"{path}.confirm", "only a try has one", "CONFIRM_UNWANTED")


@dataclass
class _Compiling:
    contract: Contract
    order: Definition
    input: Descriptor
    children: Inputs
    mistakes: list[Mistake]
    permissions: frozenset[str] = field(default_factory=frozenset)

    def reply(self, message: SagaStep, path: str) -> Descriptor:
        """What a step's variable holds."""
        match message.WhichOneof("action"):
            case "call":
                method = self._method(message.call)
                return method.descriptor.output_type if method else self._empty()
            case "signal":
                named = message.signal.type or APPROVAL
                found = self.contract.find(named)
                return found or self._wrong(f"{path}.signal.type", f"there is no message {named}", "TYPE_UNKNOWN")
            case "child":
                return self.contract.pool.FindMessageTypeByName(saga_pb2.Saga.DESCRIPTOR.full_name)
            case _:
                return self._empty()

    def step(self, message: SagaStep, path: str, call_path: str, replies: Mapping[str, Descriptor]) -> StepPlan:
        """One step. Mistakes are noted, and its plan is then of no use."""
        before = {f"steps.{step}": replies[step] for step in self.order.ancestors[message.id]}
        scope = Scope(self.contract.pool, {"input": self.input, **before})
        after = Scope(self.contract.pool, {"input": self.input, **before, f"steps.{message.id}": replies[message.id]})
        call = self._call(scope, message.call, call_path) if message.HasField("call") else None
        undo = (
            self._call(after, message.compensation, f"{path}.compensation")
            if message.HasField("compensation")
            else None
        )
        step = self.order.steps[message.id]
        self._undone(step, call, undo, path)
        return StepPlan(
            step=replace(step, late=_late(call), undo_late=_late(undo)),
            reply=GetMessageClass(replies[message.id]),
            when=self._expression(scope, message.when, cel.Type.BOOL, f"{path}.when"),
            call=call,
            undo=undo,
            until=self._expression(scope, message.timer.until, cel.Type.TIMESTAMP, f"{path}.timer.until"),
            child=self._child(scope, message, path) if message.HasField("child") else None,
            signal_permission=self._permission(message.signal.permission, f"{path}.signal.permission"),
        )

    def _undone(self, step: Step, call: Call | None, undo: Call | None, path: str) -> None:
        harmless = call is None or call.method.safe
        if step.step_class is StepClass.COMPENSATABLE and undo is None and not harmless:
            self._wrong(f"{path}.compensation", "the call has side effects", "COMPENSATION_MISSING")

    def _method(self, call: SagaCall) -> Method | None:
        return self.contract.methods.get(call.method.removeprefix("/"))

    def _call(self, scope: Scope, message: SagaCall, path: str) -> Call | None:
        method = self._method(message)
        if method is None:
            self._wrong(f"{path}.method", f"there is no method {message.method}", "METHOD_UNKNOWN")
            return None
        for why, rule in _unfit(self.contract, method):
            self._wrong(f"{path}.method", why, rule)
        self.permissions |= {method.permission} - {""}
        asked = method.descriptor.input_type
        mapping = self._message(scope, asked, message.request, f"{path}.request")
        if mapping is None:
            return None
        return Call(method, mapping, GetMessageClass(asked), GetMessageClass(method.descriptor.output_type))

    def _child(self, scope: Scope, message: SagaStep, path: str) -> Child | None:
        child = names.DEFINITION.id(message.child.definition)
        taken = self.contract.find(self.children.get(child, ""))
        if taken is None:
            self._wrong(f"{path}.child.definition", f"there is no definition {child}", "DEFINITION_UNKNOWN")
            return None
        mapping = self._message(scope, taken, message.child.input, f"{path}.child.input")
        return Child(child, mapping) if mapping else None

    def _message(self, scope: Scope, type: Descriptor, mapping: Mapping[str, str], path: str) -> Expression | None:
        made = scope.message(type, mapping, path)
        if isinstance(made, Expression):
            return made
        self.mistakes += made
        return None

    def _expression(self, scope: Scope, text: str, wanted: cel.Type, path: str) -> Expression | None:
        try:
            return scope.expression(text, wanted) if text else None
        except ValueError as error:
            self._wrong(path, str(error), "EXPRESSION_INVALID")
            return None

    def _permission(self, permission: str, path: str) -> str:
        if permission and permission not in self.contract.permissions:
            self._wrong(path, f"no role holds {permission}", "PERMISSION_UNKNOWN")
        return permission

    def _wrong(self, path: str, description: str, rule: str) -> Descriptor:
        self.mistakes.append(Mistake(path, description, rule))
        return self._empty()

    def _empty(self) -> Descriptor:
        return self.contract.pool.FindMessageTypeByName("google.protobuf.Empty")


def _unfit(contract: Contract, method: Method) -> Iterator[tuple[str, str]]:
    """Why an RPC cannot be a step."""
    if method.streams:
        yield "it streams", "METHOD_STREAMS"
    keyed = "request_id" in method.descriptor.input_type.fields_by_name
    if not method.safe and not (method.idempotent and keyed):
        yield "it is neither safe nor repeatable by a request id", "METHOD_NOT_REPEATABLE"
    if method.permission and method.permission not in contract.ours:
        yield f"services do not hold {method.permission}", "METHOD_FORBIDDEN"


def _late(call: Call | None) -> timedelta:
    return timedelta(seconds=call.method.deadline) + _GRACE if call else timedelta(0)
