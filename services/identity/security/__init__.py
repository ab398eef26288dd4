"""What proves who somebody is: passwords, keys, tokens, and the limits on trying them."""
