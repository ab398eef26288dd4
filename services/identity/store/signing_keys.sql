-- Signing keys.

-- name: lock_signing_keys
SELECT pg_advisory_xact_lock(hashtextextended('identity.signing_key', 0))

-- name: list_signing_keys
-- The newest first; what is older than these has long ceased to be published.
SELECT * FROM signing_key ORDER BY activate_time DESC, kid DESC LIMIT 10

-- name: insert_signing_key
INSERT INTO signing_key (kid, private, create_time, activate_time) VALUES ($1, $2, $3, $4) RETURNING *
