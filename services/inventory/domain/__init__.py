"""The rules of inventory: frozen values and pure decisions, no awaits, no drivers. Ids are bare: `mug`, `main`."""
