"""Between the contract's messages and the domain's values, field by field in the order of the proto's tags."""
