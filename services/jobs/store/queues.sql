-- Queues, as they are configured.

-- name: get_queue
SELECT queue_id, definition FROM queue WHERE queue_id = $1

-- name: list_queues
SELECT queue_id, definition FROM queue WHERE queue_id > $1 ORDER BY queue_id LIMIT $2

-- name: lock_queue
-- Changes of one queue follow one another, its first one too.
SELECT pg_advisory_xact_lock(hashtextextended('queues/' || $1::text, 0))

-- name: save_queue
INSERT INTO queue (queue_id, definition, is_draining, update_time) VALUES ($1, $2, $3, $4)
ON CONFLICT (queue_id) DO UPDATE
SET definition = excluded.definition, is_draining = excluded.is_draining, update_time = excluded.update_time
