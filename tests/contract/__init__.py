"""Contract tests, generated from descriptors: one case for every RPC and every law.

The laws know the contract and the wire, never the code that serves it. See docs/contract-tests.md.
"""
