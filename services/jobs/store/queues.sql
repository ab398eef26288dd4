-- Queues, as they are configured.

-- name: get_queue
SELECT queue_id, definition FROM queue WHERE queue_id = $1

-- name: list_queues
SELECT queue_id, definition FROM queue WHERE queue_id > $1 ORDER BY queue_id LIMIT $2

-- name: lock_queue
-- Changes of one queue follow one another, its first one too.
SELECT pg_advisory_xact_lock(hashtextextended('queues/' || $1::text, 0))

-- name: save_queue
INSERT INTO queue (queue_id, definition, update_time, is_drained, drained_tasks, drained_tenants)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (queue_id) DO UPDATE
SET definition = excluded.definition, update_time = excluded.update_time, is_drained = excluded.is_drained,
    drained_tasks = excluded.drained_tasks, drained_tenants = excluded.drained_tenants
