"""Compiled definitions, each version once a process."""

from mesh.saga.v1.saga_definition_pb2 import SagaDefinition
from services.saga.convert import names
from services.saga.convert.definitions import Registered
from services.saga.plan.compiler import compiled
from services.saga.plan.contract import Contract
from services.saga.plan.plan import Plan
from services.saga.store.definitions import Definitions


class Plans:
    """Plans by definition and version. A version never changes, so what was compiled stays."""

    def __init__(self, definitions: Definitions, contract: Contract) -> None:
        self.contract = contract
        self._definitions = definitions
        self._plans: dict[tuple[str, int], Plan] = {}
        self._newest: dict[str, int] = {}

    async def compile(self, id: str, message: SagaDefinition) -> Plan:
        """The plan of a definition that is not registered yet. Raises `DefinitionInvalid`."""
        return await self._compiled(id, 0, message)

    async def version(self, id: str, version: int) -> Plan:
        """The plan of a version. Refuses one that does not exist."""
        if (id, version) not in self._plans:
            await self._keep(await self._definitions.get(id, version))
        return self._plans[id, version]

    async def newest(self, id: str) -> Plan:
        """The plan of the newest version seen; whether there is a newer one turns out when a saga starts."""
        if id not in self._newest:
            await self.look_again(id)
        return self._plans[id, self._newest[id]]

    async def look_again(self, id: str) -> None:
        """Looks for a newer version. Refuses a definition that does not exist."""
        kept = await self._definitions.get(id)
        await self._keep(kept)
        self._newest[id] = kept.version

    async def _keep(self, kept: Registered) -> None:
        self._plans[kept.id, kept.version] = await self._compiled(
            kept.id, kept.version, SagaDefinition.FromString(kept.body)
        )

    async def _compiled(self, id: str, version: int, message: SagaDefinition) -> Plan:
        children = [names.DEFINITION.id(step.child.definition) for step in message.steps if step.HasField("child")]
        inputs = await self._definitions.input_types(children) if children else {}
        return compiled(self.contract, id, version, message, inputs)
