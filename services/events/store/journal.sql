-- What the owner of a group writes.

-- name: latest
SELECT fence, turn, tail, firsts, lasts, failed, failures, ready_times
FROM progress WHERE uid = $1 ORDER BY fence DESC, turn DESC LIMIT 1

-- name: commit_turn
-- Writes under the lease, or not at all.
WITH standing AS (
    SELECT FROM lease
    WHERE name = $1 AND holder = $2 AND fence = $3 AND expire_time > clock_timestamp()
    FOR SHARE
),
progressed AS (
    INSERT INTO progress (uid, fence, turn, tail, firsts, lasts, failed, failures, ready_times)
    SELECT $4, $3, $5, $6, $7, $8, $9, $10, $11 FROM standing
),
buried AS (
    INSERT INTO dead_letter (uid, cause, error, attempts, consumer, dead_time, position, event_id, topic, key, payload,
                             attributes, publisher, publish_time)
    SELECT $4, d.cause, d.error, d.attempts, d.consumer, $12, d.position, d.event_id, d.topic, d.key, d.payload,
           d.attributes, d.publisher, d.publish_time
    FROM standing, unnest($13::smallint[], $14::text[], $15::int[], $16::text[], $17::bigint[], $18::uuid[],
                          $19::text[], $20::text[], $21::bytea[], $22::bytea[], $23::text[], $24::timestamptz[])
        AS d (cause, error, attempts, consumer, position, event_id, topic, key, payload, attributes, publisher,
              publish_time)
),
buried_again AS (
    UPDATE dead_letter AS d
    SET redriven = false, cause = a.cause, error = a.error, attempts = d.attempts + a.attempts,
        consumer = a.consumer, dead_time = $12
    FROM standing, unnest($25::bigint[], $26::smallint[], $27::text[], $28::int[], $29::text[])
        AS a (number, cause, error, attempts, consumer)
    WHERE d.uid = $4 AND d.number = a.number
),
done AS (
    DELETE FROM dead_letter USING standing WHERE uid = $4 AND number = ANY ($30::bigint[])
)
SELECT count(*) FROM standing

-- name: redriven
SELECT * FROM dead_letter WHERE uid = $1 AND redriven ORDER BY number LIMIT $2

-- name: forget_progress
-- Where groups stood before, and where those stood that are deleted.
WITH latest AS (
    SELECT uid, last.fence, last.turn
    FROM consumer_group AS g
    CROSS JOIN LATERAL (
        SELECT fence, turn FROM progress AS p WHERE p.uid = g.uid ORDER BY fence DESC, turn DESC LIMIT 1
    ) AS last
),
gone AS (
    DELETE FROM progress
    WHERE (uid, fence, turn) IN (
        SELECT p.uid, p.fence, p.turn
        FROM progress AS p
        LEFT JOIN latest USING (uid)
        WHERE latest.uid IS NULL OR (p.fence, p.turn) < (latest.fence, latest.turn)
        LIMIT $1
    )
    RETURNING 1
)
SELECT count(*) FROM gone
