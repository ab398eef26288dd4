-- What nobody will ask for again.

-- name: forget_fires
-- By the time at which they were enqueued, which stands in a UUIDv7: a backfill is of old fires.
DELETE FROM fire WHERE job_id < $1

-- name: forget_requests
DELETE FROM request WHERE create_time < $1

-- name: forget_cached_results
DELETE FROM cached_result WHERE expire_time < $1

-- name: forget_workflows
DELETE FROM workflow WHERE create_time < $1
