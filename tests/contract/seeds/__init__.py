"""Seeds: what the laws cannot read from descriptors. One module per area, named after it.

    PACKAGE    the proto package of the area, so that RPCs can be named `ProductService/GetProduct`
    RESOURCES  by resource type, how one is made anew: a function of the `Api` that returns its name
    REQUESTS   by RPC, a request that succeeds whenever it is sent, in JSON's shape, a list for a stream of requests.
               A function anywhere in it is called with the `Api` each time, and its result stands in its place.
    MORE       by RPC, what makes one more item come into a list or a stream: a function of the `Api` and the request.
               A list of resources needs none: one more is made.
    CALLERS    by RPC, who calls it, where not the operator: a function of the `Api` that returns what calls carry,
               called before each request is made. For RPCs that change their caller.

Resources are made through the API itself. MORE and CALLERS may be left out.
"""

from tests.contract.seeds.api import Api, CannotSeed
from tests.contract.seeds.seeds import Seeds, load

__all__ = ["Api", "CannotSeed", "Seeds", "load"]
