"""The rules of the contract that `buf lint` does not know; `protos/README.md` lists them."""
