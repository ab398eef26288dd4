-- The log.

-- name: lock_log
SELECT pg_advisory_xact_lock('event'::regclass::oid::bigint)

-- name: find_events
-- OFFSET 0 keeps this a lookup by id in each day.
SELECT asked.id AS event_id, kept.position, kept.digest
FROM unnest($1::uuid[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT position, digest FROM event WHERE event_id = asked.id OFFSET 0
) AS kept
UNION ALL
SELECT event_id, 0, digest FROM delayed WHERE event_id = ANY ($1::uuid[])

-- name: append
SELECT append($1, $2, $3, $4, $5, $6, $7, $8)

-- name: delay
INSERT INTO delayed (event_id, deliver_time, topic, key, payload, attributes, digest, publisher)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::bytea[],
                     $8::text[])

-- name: take_due
DELETE FROM delayed
WHERE event_id IN (
    SELECT event_id FROM delayed WHERE deliver_time <= $1 ORDER BY deliver_time LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING event_id, deliver_time, topic, key, payload, attributes, digest, publisher

-- name: read_chunk
-- The next events of the log, of whatever topic, of which those that are wanted come back; and with each row, up to where
-- was read, and whether that is all for now.
WITH chunk AS MATERIALIZED (
    SELECT position, event_id, topic, key, payload, attributes, publisher, publish_time
    FROM event
    WHERE position > $1
    ORDER BY position
    LIMIT $2
)
SELECT seen.through, seen.rows, wanted.*
FROM (SELECT max(position) AS through, count(*) AS rows FROM chunk) AS seen
LEFT JOIN (SELECT * FROM chunk WHERE topic LIKE ANY ($3::text[])) AS wanted ON true
ORDER BY wanted.position

-- name: read_runs
SELECT event.position, event_id, topic, key, payload, attributes, publisher, publish_time
FROM unnest($1::bigint[], $2::bigint[]) AS run (first, last)
JOIN event ON event.position BETWEEN run.first AND run.last
WHERE topic LIKE ANY ($3::text[])
ORDER BY event.position

-- name: list_events
SELECT position, event_id, topic, key, payload, attributes, publisher, publish_time
FROM event
WHERE position > $1 AND topic LIKE $3 AND ($4 = '' OR key = $4) AND ($5::timestamptz IS NULL OR publish_time >= $5)
ORDER BY position
LIMIT $2

-- name: last_position
SELECT last_value FROM log_position

-- name: horizon
SELECT position FROM horizon

-- name: position_before
-- Positions tell their hour, so that only one hour is searched.
SELECT coalesce(
    (
        SELECT position - 1
        FROM event
        WHERE position >= hour_of($1) << 32 AND publish_time >= $1
        ORDER BY position
        LIMIT 1
    ),
    (SELECT last_value FROM log_position)
)

-- name: count_after
SELECT count(*) FROM (SELECT FROM event WHERE position > $1 AND topic LIKE ANY ($2::text[]) LIMIT $3) AS found

-- name: oldest_after
SELECT publish_time FROM event WHERE position > $1 AND topic LIKE ANY ($2::text[]) ORDER BY position LIMIT 1

-- name: open_days
SELECT open_day($1), open_day($1 + interval '1 day')

-- name: drop_days
SELECT drop_days($1)

-- name: compact
WITH older AS (
    SELECT old.position
    FROM event_compacted AS old
    WHERE old.key <> '' AND EXISTS (
        SELECT FROM event_compacted AS newer
        WHERE newer.topic = old.topic AND newer.key = old.key AND newer.position > old.position
          AND newer.publish_time <= $1
    )
    LIMIT $2
),
gone AS (
    DELETE FROM event_compacted WHERE position IN (SELECT position FROM older) RETURNING 1
)
SELECT count(*) FROM gone

-- name: relay
SELECT moved, held FROM relay($1, $2, $3)

-- name: outboxes
SELECT n.nspname
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.proname = 'read_outbox' AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')
ORDER BY 1
