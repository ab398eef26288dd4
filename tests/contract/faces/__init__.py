"""The faces of the mesh: gRPC to a server or through the edge, gRPC-Web and JSON through the edge."""

from tests.contract.faces.grpc_face import GrpcFace
from tests.contract.faces.json_face import JsonFace, NotExpressible
from tests.contract.faces.web_face import WebFace

__all__ = ["GrpcFace", "JsonFace", "NotExpressible", "WebFace"]
