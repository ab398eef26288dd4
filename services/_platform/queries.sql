-- The runtime's own tables, which every service's schema has.

-- name: recall_replies
-- OFFSET 0 keeps this one lookup a key. As a join, a plan that is prepared while the table is new and small reads all
-- of it, and is kept while it grows.
SELECT asked.place, kept.digest, kept.reply
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (method, caller, key, place)
CROSS JOIN LATERAL (
    SELECT digest, reply
    FROM remembered_reply
    WHERE method = asked.method AND caller = asked.caller AND key = asked.key
    OFFSET 0
) AS kept

-- name: record
-- What a commit says of itself: its events in their order, and the replies to remember.
WITH announced AS (
    INSERT INTO outbox (topic, key, payload)
    SELECT topic, key, payload
    FROM unnest($1::text[], $2::text[], $3::bytea[]) WITH ORDINALITY AS event (topic, key, payload, place)
    ORDER BY place
)
INSERT INTO remembered_reply (method, caller, key, digest, reply)
SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[])

-- name: read_events
SELECT transaction::text AS transaction, id, key, payload, create_time
FROM outbox
WHERE topic = $1
  AND (transaction, id) > ($2::text::xid8, $3::bigint)
  -- Transactions that still run may yet commit rows that belong before those already visible.
  AND transaction < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY transaction, id
LIMIT $4

-- name: end_of_events
SELECT pg_snapshot_xmin(pg_current_snapshot())::text

-- name: horizon_of_events
SELECT transaction::text AS transaction, id FROM outbox_horizon WHERE topic = $1

-- name: trim_events
WITH trimmed AS (
    DELETE FROM outbox
    WHERE (topic, transaction, id) IN (
        SELECT topic, transaction, id FROM outbox WHERE create_time < $1 LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    RETURNING topic, transaction, id
),
furthest AS (
    SELECT DISTINCT ON (topic) topic, transaction, id FROM trimmed ORDER BY topic, transaction DESC, id DESC
),
recorded AS (
    INSERT INTO outbox_horizon AS horizon (topic, transaction, id)
    SELECT topic, transaction, id FROM furthest
    ON CONFLICT (topic) DO UPDATE SET transaction = excluded.transaction, id = excluded.id
    WHERE (horizon.transaction, horizon.id) < (excluded.transaction, excluded.id)
)
SELECT count(*) FROM trimmed

-- name: forget_replies
WITH forgotten AS (
    DELETE FROM remembered_reply
    WHERE (method, caller, key) IN (
        SELECT method, caller, key FROM remembered_reply WHERE create_time < $1 LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    RETURNING 1
)
SELECT count(*) FROM forgotten

-- name: take_lease
INSERT INTO lease (name, holder, fence, expire_time)
VALUES ($1, $2, 1, clock_timestamp() + $3::interval)
ON CONFLICT (name) DO UPDATE
SET holder = excluded.holder,
    -- A new holder gets a new fence; the same holder renews its own, unless it begins anew.
    fence = lease.fence + (lease.holder <> excluded.holder OR lease.expire_time <= clock_timestamp() OR $4)::int,
    expire_time = excluded.expire_time
WHERE lease.holder = excluded.holder OR lease.expire_time <= clock_timestamp()
RETURNING fence

-- name: give_up_lease
UPDATE lease SET expire_time = clock_timestamp() WHERE name = $1 AND holder = $2

-- name: holds_lease
SELECT FROM lease WHERE name = $1 AND holder = $2 AND fence = $3 AND expire_time > clock_timestamp()
FOR UPDATE

-- name: accept_event
INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true

-- name: forget_events
WITH forgotten AS (
    DELETE FROM inbox
    WHERE (consumer, event_id) IN (
        SELECT consumer, event_id FROM inbox WHERE create_time < $1 LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    RETURNING 1
)
SELECT count(*) FROM forgotten
