-- Schedules and their fires.

-- name: get_schedule
SELECT * FROM schedule WHERE schedule_id = $1

-- name: lock_schedule
SELECT * FROM schedule WHERE schedule_id = $1 FOR UPDATE

-- name: list_schedules
SELECT * FROM schedule WHERE schedule_id > $1 ORDER BY schedule_id LIMIT $2

-- name: insert_schedule
INSERT INTO schedule (schedule_id, definition, next_time, due_time, create_time)
VALUES ($1, $2, $3, $3, $4)
ON CONFLICT DO NOTHING
RETURNING *

-- name: update_schedule
UPDATE schedule
SET definition = $2, next_time = $3, due_time = CASE WHEN is_paused THEN NULL ELSE $3::timestamptz END, version = version + 1
WHERE schedule_id = $1
RETURNING *

-- name: delete_schedule
WITH fires AS (DELETE FROM fire WHERE schedule_id = $1)
DELETE FROM schedule WHERE schedule_id = $1 RETURNING *

-- name: pause_schedule
UPDATE schedule SET is_paused = true, pause_reason = $2, due_time = NULL WHERE schedule_id = $1 RETURNING *

-- name: resume_schedule
UPDATE schedule SET is_paused = false, pause_reason = '', due_time = coalesce(next_time, $2)
WHERE schedule_id = $1 AND is_paused
RETURNING *

-- name: lock_due
SELECT * FROM schedule WHERE due_time <= $1 ORDER BY due_time LIMIT $2 FOR UPDATE SKIP LOCKED

-- name: add_fires
INSERT INTO fire (schedule_id, fire_time, job_id)
SELECT $1, f.* FROM unnest($2::timestamptz[], $3::uuid[]) AS f
ON CONFLICT DO NOTHING
RETURNING fire_time, job_id

-- name: save_plan
UPDATE schedule
SET next_time = $2, due_time = $3, buffered = $4, fired = fired + $5, skipped = skipped + $6,
    last_time = coalesce($7, last_time), last_job = coalesce($8, last_job), skip_reason = coalesce($9, skip_reason)
WHERE schedule_id = $1
