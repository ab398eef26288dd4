-- API keys.

-- name: lock_owner
SELECT * FROM account WHERE user_id = $1 FOR NO KEY UPDATE

-- name: count_api_keys
SELECT count(*) FROM api_key WHERE user_id = $1 AND revoke_time IS NULL

-- name: insert_api_key
INSERT INTO api_key (
    api_key_id, user_id, display_name, scopes, tier, signature_required, prefix, secret_hash, expire_time, create_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
RETURNING *

-- name: get_api_key
SELECT * FROM api_key WHERE api_key_id = $1 AND revoke_time IS NULL AND user_id = coalesce($2::uuid, user_id)

-- name: list_api_keys
SELECT * FROM api_key
WHERE user_id = $1 AND revoke_time IS NULL AND ($2::uuid IS NULL OR api_key_id < $2)
ORDER BY api_key_id DESC
LIMIT $3

-- name: rotate_api_key
UPDATE api_key
SET previous_hash = secret_hash, previous_expire_time = $5, secret_hash = $3, prefix = $4
WHERE api_key_id = $1 AND revoke_time IS NULL AND user_id = coalesce($2::uuid, user_id)
RETURNING *

-- name: revoke_api_key
UPDATE api_key SET revoke_time = $3
WHERE api_key_id = $1 AND revoke_time IS NULL AND user_id = coalesce($2::uuid, user_id)
RETURNING api_key_id

-- name: revoke_api_keys
UPDATE api_key SET revoke_time = $2 WHERE user_id = $1 AND revoke_time IS NULL RETURNING api_key_id

-- name: api_key_to_check
SELECT api_key.*, account.roles
FROM api_key
JOIN account USING (user_id)
WHERE api_key_id = $1 AND revoke_time IS NULL AND NOT account.disabled

-- name: note_uses
UPDATE api_key
SET last_use_time = used.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS used (api_key_id, at)
WHERE api_key.api_key_id = used.api_key_id
  AND (api_key.last_use_time IS NULL OR api_key.last_use_time < used.at - interval '1 minute')
