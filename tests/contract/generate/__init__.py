"""Messages made from descriptors: such as keep the contract's rules, and such as break just one."""
