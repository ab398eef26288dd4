"""The sandbox: a provider of payments that runs beside the mesh, as a process of its own with storage of its own.

It speaks HTTP as a real provider does, knows idempotency keys, signs its webhooks, exports its settlements, and
misbehaves on request: see `behaviours`. Payments knows it by its URL alone.
"""
