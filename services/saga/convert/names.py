"""The resource names of sagas."""

from services._platform.names import Pattern

SAGA = Pattern("sagas/{saga}")
DEFINITION = Pattern("sagaDefinitions/{saga_definition}")
