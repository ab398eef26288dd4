"""Generates everything that is made from the contract: `python -m clients.generate` writes `clients/gen`."""
