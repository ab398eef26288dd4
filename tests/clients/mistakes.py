"""Mistakes in the sample contract, as the change that makes one and the line that must come of it."""

from dataclasses import dataclass

Change = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Mistake:
    """`found` is what the lint says, after `mesh.sample.v1.`."""

    found: str
    changes: tuple[Change, ...]


def _mistake(found: str, *changes: Change) -> Mistake:
    return Mistake(found, changes)


_NO_END = "unbounded: no max_len, uuid or pattern with an end (bounded)"
_REQUEST_ID = "a write without a `request_id` that is a string with the uuid rule (request_ids)"

MISTAKES = (
    _mistake(
        "SampleService.GetSample: no access option, so nobody could call it (access)",
        ("    access: ACCESS_USER\n", ""),
        ('      permission: "sample.write"', '      access: ACCESS_USER permission: "sample.write"'),
    ),
    _mistake(
        "SampleService.GetSample: access USER needs a permission (access)",
        ('    permission: "sample.read"\n', ""),
        ('  ROLE_READER = 1 [(mesh.options.v1.role) = {permissions: ["sample.read"]}];\n', ""),
        ('      "sample.read",\n', ""),
    ),
    _mistake(
        "SampleService.UpdateSample: permission 'samples.write' is not sample.<verb> (permission)",
        ('permission: "sample.write"', 'permission: "samples.write"'),
        ('"sample.read",\n      "sample.write"', '"sample.read",\n      "samples.write"'),
    ),
    _mistake(
        "SampleService.UpdateSample: no role holds the permission 'sample.write' (held_permissions)",
        ('      "sample.read",\n      "sample.write"', '      "sample.read"'),
    ),
    _mistake(
        "Role.ROLE_READER: holds 'sample.delete', which no RPC asks for (used_permissions)",
        ('["sample.read"]', '["sample.read", "sample.delete"]'),
    ),
    _mistake(
        "SampleService.SyncSamples: no idempotency_level (idempotency)",
        ("option idempotency_level = IDEMPOTENT;\n    option (mesh", "option (mesh"),
    ),
    _mistake(
        "SampleService.UpdateSample: an RPC with side effects is bound to GET /v1/one (verbs)",
        ('patch: "/v1/{sample.name=samples/*}"', 'get: "/v1/one"'),
    ),
    _mistake(
        "SampleService.ListSamples: NO_SIDE_EFFECTS is bound to POST /v1/samples (verbs)",
        ('{get: "/v1/samples"}', '{post: "/v1/samples"}'),
    ),
    _mistake(
        "SampleService.SyncSamples: access SERVICE, yet an HTTP rule routes it at the edge (routes)",
        ("{access: ACCESS_SERVICE};", '{access: ACCESS_SERVICE}; option (google.api.http) = {post: "/v1/sync"};'),
    ),
    _mistake(
        "SampleService.ListSamples: no HTTP rule (routes)",
        ('    option (google.api.http) = {get: "/v1/samples"};\n', ""),
    ),
    _mistake(
        "SampleService.ListSamples: GET /v1/samples/{page_token} leads to mesh.sample.v1.SampleService.GetSample "
        "already (unique_routes)",
        ('"/v1/samples"', '"/v1/samples/{page_token}"'),
    ),
    _mistake(
        "SampleService.ListSamples: response_body, which the edge cannot serve (whole_answers)",
        ('{get: "/v1/samples"}', '{get: "/v1/samples" response_body: "samples"}'),
    ),
    _mistake(
        "SampleService.GetSample: response_body, which the edge cannot serve (whole_answers)",
        ('{get: "/v1/{name=shelves/*/samples/*}"}', '{get: "/v1/{name=shelves/*/samples/*}" response_body: "note"}'),
    ),
    _mistake(
        "SampleService.UpdateSample: deadline 1.5 s is above max_deadline 1 s (deadlines)",
        ("max_deadline: {seconds: 20}", "max_deadline: {seconds: 1}"),
    ),
    _mistake(
        "SampleService.UpdateSample: cached, yet not NO_SIDE_EFFECTS (caching)",
        ('rate_limit: {class: "bulk"}', "cache: {lifetime: {seconds: 1}}"),
    ),
    _mistake(
        "SampleService.UpdateSample: hedged, yet not a single answer without side effects (hedging)",
        ('rate_limit: {class: "bulk"}', "hedge_after: {nanos: 1000000}"),
    ),
    _mistake(
        "SampleService.GetSample: hedge_after 3 s is not below the deadline 3 s (hedging)",
        ("      cache: {", "      hedge_after: {seconds: 3}\n      cache: {"),
    ),
    _mistake(
        "SampleService.UpdateSample: max_request_bytes 4194305 is above 4194304 (request_sizes)",
        ('rate_limit: {class: "bulk"}', "max_request_bytes: 4194305"),
    ),
    _mistake(
        "SampleService.UpdateSample: option deprecated and the policy's deprecation go together (deprecations)",
        ('rate_limit: {class: "bulk"}', 'deprecation: {since: "2026-11-01"}'),
    ),
    _mistake(
        "SampleService.UpdateSample: sunset is not after the deprecation (deprecations)",
        (
            'rate_limit: {class: "bulk"}\n      errors: "SAMPLE_LOCKED"\n    };',
            'deprecation: {since: "2026-11-01" sunset: "2026-11-01"}\n      errors: "SAMPLE_LOCKED"\n    };\n'
            "    option deprecated = true;",
        ),
    ),
    _mistake(
        "SampleService.SyncSamples: mesh.sample.v1.SyncSamplesRequest is neither a resource nor "
        "SyncSamplesResponse (answers)",
        ("returns (stream SyncSamplesResponse)", "returns (stream SyncSamplesRequest)"),
    ),
    _mistake(
        f"UpdateSampleRequest: {_REQUEST_ID}",
        (
            "request_id = 3 [(buf.validate.field).string.uuid = true]",
            "request_id = 3 [(buf.validate.field).string.len = 36]",
        ),
    ),
    _mistake(f"SyncSamplesRequest: {_REQUEST_ID}", ("string request_id = 2", "string id = 2")),
    _mistake(
        "ListSamplesRequest: no `int32 page_size` to page by (paging)",
        ("int32 page_size", "int64 page_size"),
    ),
    _mistake(
        "ListSamplesRequest: no `string page_token` to page by (paging)",
        ("string page_token", "string token"),
    ),
    _mistake(
        "ListSamplesResponse: no `string next_page_token` to page by (paging)",
        ("string next_page_token", "repeated string next_page_token"),
    ),
    _mistake(
        "UpdateSampleRequest: an update without a FieldMask `update_mask` (updates)",
        ("google.protobuf.FieldMask update_mask", "bool update_mask"),
    ),
    _mistake(
        "UpdateSampleRequest: no CEL rule matches sample.name (updates)",
        ("this.sample.name.matches('^samples/[a-z]{1,9}$')", "this.sample.note != ''"),
    ),
    _mistake(f"Sample.note: {_NO_END}", ("string.max_len = 10]", "string.min_len = 1]")),
    _mistake(f"GetSampleRequest.name: {_NO_END}", ('"^samples/[a-z]{1,9}$"', '"^samples/[a-z]+$"')),
    _mistake(f"GetSampleRequest.name: {_NO_END}", ('"^samples/[a-z]{1,9}$"', '"^samples/[a-z]{1,}$"')),
    _mistake(f"GetSampleRequest.name: {_NO_END}", ('"^samples/[a-z]{1,9}$"', '"^samples/[a-z]{1,9}"')),
    _mistake(f"Sample.thumbnail: {_NO_END}", ("bytes.max_len = 100", "bytes.min_len = 1")),
    _mistake(
        "Sample.tags: unbounded: no max_items (bounded)",
        ("max_items: 5", "min_items: 5"),
    ),
    _mistake(
        "Sample.tags: unbounded: items have no max_len, uuid or pattern with an end (bounded)",
        ("items: {\n      string: {max_len: 10}", "items: {\n      string: {min_len: 10}"),
    ),
    _mistake(
        "Sample.labels: unbounded: no max_pairs (bounded)",
        ("max_pairs: 5", "min_pairs: 5"),
    ),
    _mistake(
        "Sample.labels: unbounded: keys have no max_len, uuid or pattern with an end (bounded)",
        ("keys: {\n      string: {max_len: 10}", "keys: {\n      string: {min_len: 10}"),
    ),
    _mistake(
        "Sample.labels: unbounded: values have no max_len, uuid or pattern with an end (bounded)",
        ("values: {\n      string: {max_len: 10}", "values: {\n      string: {min_len: 10}"),
    ),
    _mistake(
        "SampleService.UpdateSample: error SAMPLE_BROKEN is not in the ErrorReason of sample (known_reasons)",
        ('errors: "SAMPLE_LOCKED"', 'errors: "SAMPLE_LOCKED" errors: "SAMPLE_BROKEN"'),
    ),
    _mistake(
        "ErrorReason.ERROR_REASON_SAMPLE_LOCKED: no RPC names this error (used_reasons)",
        ('      errors: "SAMPLE_LOCKED"\n', ""),
    ),
    _mistake(
        "ErrorReason.ERROR_REASON_SAMPLE_LOCKED: the comment does not start with a gRPC code (documented_reasons)",
        ("// FAILED_PRECONDITION. The", "// The"),
    ),
    *(
        _mistake(
            'ErrorReason.ERROR_REASON_SAMPLE_LOCKED: no "Example:" with the JSON of an ErrorInfo of SAMPLE_LOCKED '
            "in domain mesh (documented_reasons)",
            ('Example: {"reason": "SAMPLE_LOCKED", "domain": "mesh"}', example),
        )
        for example in (
            "None",
            'Example: {"reason": "SAMPLE_LOCKED" "domain": "mesh"}',
            'Example: {"reason": "SAMPLE_OPEN", "domain": "mesh"}',
            'Example: {"reason": "SAMPLE_LOCKED", "domain": "sample"}',
        )
    ),
    _mistake("Sample.price: is not a google.type.Money (money)", ("google.type.Money price", "int64 price")),
    _mistake(
        "Sample.price_cents: is not a google.type.Money (money)",
        ("google.type.Money price", "int64 price_cents"),
    ),
    _mistake(
        "Sample.create_time: is not a google.protobuf.Timestamp (instants)",
        ("google.protobuf.Timestamp create_time", "int64 create_time"),
    ),
    _mistake(
        "Sample.ttl_seconds: is not a google.protobuf.Duration (spans)",
        ("google.protobuf.Duration ttl", "int32 ttl_seconds"),
    ),
    _mistake(
        "Sample: a resource without a `name` that is its IDENTIFIER (resources)",
        ("(google.api.field_behavior) = IDENTIFIER", "(buf.validate.field).string.max_len = 10"),
    ),
    _mistake(
        "Sample.source_sample: names a resource without a resource_reference (references)",
        ("Sample source_sample = 10", "string source_sample = 10 [(buf.validate.field).string.max_len = 10]"),
    ),
    _mistake(
        "GetSampleRequest.name: names a resource without a resource_reference (references)",
        ('    (google.api.resource_reference).type = "mesh/Sample",\n', ""),
    ),
    _mistake(
        "GetSampleRequest.name: refers to mesh/Simple, which no message is (references)",
        ('resource_reference).type = "mesh/Sample"', 'resource_reference).type = "mesh/Simple"'),
    ),
)
