-- Limits and their history.

-- name: turn_page
-- Every write takes a version of its own; the lock on the row lasts until its commit.
UPDATE book SET version = version + 1 RETURNING version

-- name: read_version
SELECT version FROM book

-- name: all_limits
SELECT * FROM rate_limit ORDER BY rate_limit_id

-- name: get_limit
SELECT * FROM rate_limit WHERE rate_limit_id = $1

-- name: list_limits
SELECT * FROM rate_limit WHERE rate_limit_id > $1 ORDER BY rate_limit_id LIMIT $2

-- name: put_limit
INSERT INTO rate_limit (rate_limit_id, base_id, tier, subject, body, version, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (rate_limit_id) DO UPDATE
SET base_id = excluded.base_id, tier = excluded.tier, subject = excluded.subject, body = excluded.body,
    version = excluded.version, update_time = excluded.update_time
RETURNING *

-- name: delete_limit
DELETE FROM rate_limit WHERE rate_limit_id = $1

-- name: add_version
INSERT INTO rate_limit_version (version, rate_limit_id, body, deleted, actor, create_time, write_time)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: list_versions
SELECT * FROM rate_limit_version
WHERE rate_limit_id = $1 AND version < $2
ORDER BY version DESC
LIMIT $3

-- name: get_version
SELECT * FROM rate_limit_version WHERE rate_limit_id = $1 AND version = $2
