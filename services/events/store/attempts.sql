-- The log of webhook attempts.

-- name: add_attempts
INSERT INTO webhook_attempt (uid, event_id, topic, attempt, create_time, duration, status_code, error, excerpt)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::int[], $5::timestamptz[], $6::interval[], $7::int[], $8::text[],
                         $9::text[])

-- name: list_attempts
SELECT a.* FROM webhook_attempt AS a JOIN consumer_group AS g USING (uid)
WHERE g.name = $1 AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3

-- name: forget_attempts
WITH gone AS (
    DELETE FROM webhook_attempt
    WHERE (uid, id) IN (SELECT uid, id FROM webhook_attempt WHERE create_time < $1 LIMIT $2)
    RETURNING 1
)
SELECT count(*) FROM gone
