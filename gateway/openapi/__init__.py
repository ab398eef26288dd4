"""The contract for those who read OpenAPI 3.1 instead of Protobuf, compiled from the same descriptors as the edge."""
