-- Signing keys.

-- name: lock_signing_keys
SELECT pg_advisory_xact_lock(hashtextextended('identity.signing_key', 0))

-- name: list_signing_keys
-- The newest first: those that sign at some time since an instant, however many were made since.
SELECT * FROM signing_key
WHERE activate_time >= coalesce((SELECT max(activate_time) FROM signing_key WHERE activate_time <= $1), '-infinity')
ORDER BY activate_time DESC, kid DESC

-- name: insert_signing_key
INSERT INTO signing_key (kid, private, create_time, activate_time) VALUES ($1, $2, $3, $4) RETURNING *
