"""A contract that refuses what it took before is told, field by field; one that takes more is not."""

from pathlib import Path

import pytest

from clients.generate.protoc import compile_protos, image
from clients.lint import tightened

HEAD = """
syntax = "proto3";
package mesh.tight.v1;
import "buf/validate/validate.proto";
import "google/api/annotations.proto";
import "google/protobuf/duration.proto";
import "mesh/options/v1/policy.proto";
"""
SERVICE = """
service TightService {
  rpc Get(GetRequest) returns (GetResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {get: "/v1/tight" additional_bindings {get: "/v1/other"}};
    option (mesh.options.v1.method) = {access: ACCESS_USER permission: "tight.read" max_deadline {seconds: 9}};
  }
}
message GetResponse { string told = 1 [(buf.validate.field).string.max_len = 9]; }
"""
MESSAGE = """
enum Kind { KIND_UNSPECIFIED = 0; KIND_ONE = 1; }
message GetRequest {
  string text = 1 [(buf.validate.field).string = {min_len: 1 max_len: 64}];
  string id = 2 [(buf.validate.field) = {ignore: IGNORE_IF_ZERO_VALUE string: {uuid: true}}];
  int32 size = 3 [(buf.validate.field).int32 = {gte: 0 lte: 100}];
  Kind kind = 4 [(buf.validate.field).enum = {in: [0, 1]}];
  repeated string tags = 5 [(buf.validate.field).repeated = {max_items: 5 items: {string: {max_len: 9}}}];
  map<string, string> labels = 6 [(buf.validate.field).map = {max_pairs: 5 keys: {string: {pattern: "^a"}}}];
  google.protobuf.Duration ttl = 7 [(buf.validate.field).duration.lte = {seconds: 60}];
  string free = 8;
  string unread = 9 [(buf.validate.field) = {ignore: IGNORE_ALWAYS string: {max_len: 3}}];
  option (buf.validate.message).cel = {id: "get.size" message: "too large" expression: "this.size < 90"};
}
"""
BEFORE = HEAD + SERVICE + MESSAGE

TIGHTENED = {
    "longest shorter": ("max_len: 64", "max_len: 32", "GetRequest.text: string.max_len 64 -> 32"),
    "shortest longer": ("min_len: 1", "min_len: 2", "GetRequest.text: string.min_len 1 -> 2"),
    "a format": ("min_len: 1", "email: true min_len: 1", "GetRequest.text: string.email none -> True"),
    "checked when empty": ("ignore: IGNORE_IF_ZERO_VALUE ", "", "GetRequest.id: is checked where it was not"),
    "checked at last": ("ignore: IGNORE_ALWAYS ", "", "GetRequest.unread: is checked where it was not"),
    "greatest smaller": ("lte: 100", "lte: 99", "GetRequest.size: int32.lte 100 -> 99"),
    "least greater": ("gte: 0", "gte: 1", "GetRequest.size: int32.gte 0 -> 1"),
    "a value less": ("in: [0, 1]", "in: [1]", "GetRequest.kind: enum.in [0, 1] -> [1]"),
    "a value refused": ("in: [0, 1]", "in: [0, 1] not_in: [0]", "GetRequest.kind: enum.not_in refuses [0] as well"),
    "fewer items": ("max_items: 5", "max_items: 4", "GetRequest.tags: repeated.max_items 5 -> 4"),
    "shorter items": ("{max_len: 9}}", "{max_len: 8}}", "GetRequest.tags: repeated.items: string.max_len 9 -> 8"),
    "items that differ": ("max_items: 5", "max_items: 5 unique: true", "GetRequest.tags: repeated.unique none -> True"),
    "other keys": ('"^a"', '"^b"', "GetRequest.labels: map.keys: string.pattern ^a -> ^b"),
    "a shorter span": ("{seconds: 60}", "{seconds: 6}", "GetRequest.ttl: duration.lte 60 s -> 6 s"),
    "a rule at last": (
        "string free = 8",
        "string free = 8 [(buf.validate.field).string.max_len = 9]",
        "GetRequest.free: string.max_len none -> 9",
    ),
    "required": (
        "string free = 8",
        "string free = 8 [(buf.validate.field).required = true]",
        "GetRequest.free: is required, and was not",
    ),
    "a required field": (
        "string free = 8;",
        "string free = 8; string more = 10 [(buf.validate.field).required = true];",
        "GetRequest.more: is new and required: callers that do not know it are refused",
    ),
    "another expression": (
        "this.size < 90",
        "this.size < 80",
        "GetRequest: the rule get.size is another: this.size < 90 -> this.size < 80",
    ),
    "fewer callers": (
        "ACCESS_USER",
        "ACCESS_SERVICE",
        "TightService.Get: access USER -> SERVICE: callers are shut out",
    ),
    "another permission": (
        "tight.read",
        "tight.own",
        "TightService.Get: permission tight.read -> tight.own: callers may lack it",
    ),
    "less time": (
        "{seconds: 9}",
        "{seconds: 6}",
        "TightService.Get: max_deadline 9 s -> 6 s: longer calls are cut off",
    ),
    "a path that is gone": (
        ' additional_bindings {get: "/v1/other"}',
        "",
        "TightService.Get: GET /v1/other (body none) is gone: JSON callers find nothing there",
    ),
    "side effects": (
        "NO_SIDE_EFFECTS",
        "IDEMPOTENT",
        "TightService.Get: no longer without side effects: callers repeat and cache it",
    ),
}
LOOSENED = {
    "longest longer": ("max_len: 64", "max_len: 128"),
    "no rule any more": ("[(buf.validate.field).string = {min_len: 1 max_len: 64}]", ""),
    "a value more": ("in: [0, 1]", "in: [0, 1, 2]"),
    "more callers": ("ACCESS_USER", "ACCESS_PUBLIC"),
    "more time": ("{seconds: 9}", "{seconds: 12}"),
    "answers bound more": ("max_len = 9]; }", "max_len = 8]; }"),
    "unchecked": ("ignore: IGNORE_IF_ZERO_VALUE", "ignore: IGNORE_ALWAYS"),
}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image of the contract before."""
    return compiled(tmp_path_factory.mktemp("before"), BEFORE)


def compiled(folder: Path, source: str) -> Path:
    """The image of a contract beside the vocabulary of the mesh's."""
    (folder / "tight.proto").write_text(source)
    vocabulary = Path(__file__).parents[2] / "protos" / "mesh" / "options" / "v1" / "policy.proto"
    (folder / "mesh" / "options" / "v1").mkdir(parents=True)
    (folder / "mesh" / "options" / "v1" / "policy.proto").write_text(vocabulary.read_text())
    compile_protos(folder, ["tight.proto"], *image(folder / "image.binpb"))
    return folder / "image.binpb"


@pytest.mark.parametrize("change", TIGHTENED)
def test_what_refuses_more_is_told(before: Path, tmp_path: Path, change: str) -> None:
    old, new, told = TIGHTENED[change]
    assert old in BEFORE
    after = compiled(tmp_path, BEFORE.replace(old, new, 1))
    assert tightened.findings(before, after, {}) == [f"mesh.tight.v1.{told}"]
    assert tightened.findings(before, after, {f"mesh.tight.v1.{told.partition(': ')[0]}": "on purpose"}) == []


@pytest.mark.parametrize("change", LOOSENED)
def test_what_takes_more_is_not(before: Path, tmp_path: Path, change: str) -> None:
    old, new = LOOSENED[change]
    assert old in BEFORE
    assert tightened.findings(before, compiled(tmp_path, BEFORE.replace(old, new, 1)), {}) == []


def test_a_contract_is_not_tighter_than_itself(before: Path) -> None:
    assert tightened.findings(before, before, {}) == []
