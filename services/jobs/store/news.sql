-- What the dispatcher reads.

-- name: read_ring
SELECT newest, oldest_open, start_time FROM ring

-- name: snapshot
SELECT pg_current_snapshot()::text

-- name: news
SELECT * FROM news($1::text::pg_snapshot)

-- name: load_unfinished
WITH ended AS MATERIALIZED (
    SELECT e.job_id, max(e.run) AS run
    FROM ending, unnest(jobs, runs) AS e (job_id, run)
    WHERE slot = ANY ($1::smallint[])
    GROUP BY e.job_id
)
SELECT *
FROM (
    SELECT DISTINCT ON (job_id) position, job_id, job.run, priority, create_time, ready_time, queue, tenant, key, task,
           spec, slot
    FROM job
    LEFT JOIN ended USING (job_id)
    WHERE slot = ANY ($1::smallint[]) AND (ended.run IS NULL OR ended.run < job.run)
    ORDER BY job_id, job.run DESC, slot
) AS unfinished
ORDER BY position

-- name: load_claims
SELECT DISTINCT ON (c.job_id) c.job_id, c.run, c.worker, first_ticket + c.place - 1 AS ticket, start_time
FROM claim, unnest(jobs, runs, workers) WITH ORDINALITY AS c (job_id, run, worker, place)
WHERE slot = ANY ($1::smallint[])
ORDER BY c.job_id, c.run DESC

-- name: load_failures
SELECT DISTINCT ON (job_id) job_id, run, failures, losses, kind, code, message, next_time
FROM failure
WHERE slot = ANY ($1::smallint[])
ORDER BY job_id, run DESC

-- name: load_requests
SELECT kind, job_id, queue FROM request WHERE kind = 1 AND create_time > $1 ORDER BY id

-- name: load_queues
SELECT queue_id, definition FROM queue

-- name: read_queue_definition
SELECT definition FROM queue WHERE queue_id = $1

-- name: find_cached
SELECT digest, content FROM cached_result WHERE digest = ANY ($1::bytea[]) AND expire_time > $2

-- name: outcomes
-- How jobs ended, of those that have.
SELECT DISTINCT ON (e.job_id) e.job_id, e.state, e.run
FROM unnest($1::uuid[]) AS asked (job_id)
JOIN ending ON ending.low <= asked.job_id AND ending.high >= asked.job_id
CROSS JOIN LATERAL unnest(jobs, runs, states) AS e (job_id, run, state)
WHERE e.job_id = asked.job_id
ORDER BY e.job_id, e.run DESC
