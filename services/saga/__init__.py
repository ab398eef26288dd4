"""Sagas: durable orchestration of any RPCs of the mesh, with compensation."""
