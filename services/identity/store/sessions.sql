-- Sessions.

-- name: insert_session
-- Returns nothing when the request has a session already.
INSERT INTO session (
    session_id, user_id, seed, generation, device_name, address, request_code, create_time, refresh_time, expire_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (request_code) DO NOTHING
RETURNING *

-- name: session_of_request
SELECT * FROM session WHERE request_code = $1

-- name: sessions_to_refresh
SELECT session.*, account.roles, account.tier, account.disabled
FROM session
JOIN account USING (user_id)
WHERE session_id = ANY($1::uuid[])

-- name: refresh_sessions
-- Those that another refresh or a revocation came before are not among the returned.
UPDATE session
SET generation = fresh.generation, refresh_time = fresh.refresh_time, expire_time = fresh.expire_time
FROM unnest($1::uuid[], $2::int[], $3::int[], $4::timestamptz[], $5::timestamptz[])
    AS fresh (session_id, before, generation, refresh_time, expire_time)
WHERE session.session_id = fresh.session_id
  AND session.generation = fresh.before
  AND session.revoke_time IS NULL
RETURNING session.session_id

-- name: list_sessions
SELECT * FROM session
WHERE user_id = $1 AND revoke_time IS NULL AND expire_time > $4 AND ($2::uuid IS NULL OR session_id < $2)
ORDER BY session_id DESC
LIMIT $3

-- name: revoke_session
UPDATE session SET revoke_time = $2
WHERE session_id = $1 AND revoke_time IS NULL AND expire_time > $2
  -- Null: whosever it is.
  AND user_id = coalesce($3::uuid, user_id)
RETURNING *

-- name: revoke_sessions
UPDATE session SET revoke_time = $2
WHERE user_id = $1 AND revoke_time IS NULL AND expire_time > $2 AND session_id IS DISTINCT FROM $3::uuid
RETURNING *

-- name: forget_sessions
WITH forgotten AS (
    DELETE FROM session
    WHERE session_id IN (
        SELECT session_id FROM session
        WHERE create_time < $1 AND (expire_time < $1 OR revoke_time < $1)
        ORDER BY create_time LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    RETURNING 1
)
SELECT count(*) FROM forgotten
