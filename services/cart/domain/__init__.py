"""The rules of carts: frozen values, pure functions, exact integers. Money is in the smallest steps of its currency."""
