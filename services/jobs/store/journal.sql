-- What the dispatcher reads and writes.

-- name: announce
INSERT INTO dispatcher (fence, address) VALUES ($1, $2)
ON CONFLICT (one) DO UPDATE SET fence = excluded.fence, address = excluded.address
WHERE dispatcher.fence < excluded.fence

-- name: find_dispatcher
SELECT address FROM dispatcher

-- name: read_ring
SELECT newest, oldest_open, start_time FROM ring

-- name: snapshot
SELECT pg_current_snapshot()::text

-- name: tail
-- What was committed after a snapshot: the rows of transactions that it did not see, because they had not begun or were
-- still running. Unlike reading up to a number, this neither misses what commits late nor waits for it. The first row
-- carries the snapshot that this look was taken in.
SELECT NULL::uuid AS job_id, 0 AS run, 0::smallint AS priority, NULL::timestamptz AS create_time,
       NULL::timestamptz AS ready_time, '' AS queue, '' AS tenant, '' AS key,
       pg_current_snapshot()::text AS task, ''::bytea AS spec, 0::smallint AS slot
UNION ALL
SELECT job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec, slot
FROM job
WHERE transaction >= pg_snapshot_xmax($1::text::pg_snapshot)
UNION ALL
SELECT job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec, slot
FROM job
WHERE transaction = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))

-- name: tail_requests
SELECT kind, job_id, queue
FROM request
WHERE transaction >= pg_snapshot_xmax($1::text::pg_snapshot)
   OR transaction = ANY (ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))
ORDER BY id

-- name: commit_turn
-- Writes under the lease, or not at all.
WITH standing AS (
    SELECT FROM lease
    WHERE name = $1 AND holder = $2 AND fence = $3 AND expire_time > clock_timestamp()
    FOR UPDATE
),
claimed AS (
    INSERT INTO claim (slot, first_ticket, low, high, jobs, runs, workers, start_time)
    SELECT $4, $6, $7, $8, $9::uuid[], $10, $11, $5 FROM standing WHERE cardinality($9::uuid[]) > 0
),
ended AS (
    INSERT INTO ending (slot, low, high, jobs, runs, states, end_time)
    SELECT $4, $12, $13, $14::uuid[], $15, $16, $5 FROM standing WHERE cardinality($14::uuid[]) > 0
)
SELECT count(*) FROM standing

-- name: add_failures
INSERT INTO failure (slot, end_time, job_id, run, failures, losses, kind, code, message, fingerprint, worker, start_time,
                     next_time)
SELECT $1, $2, f.*
FROM unnest($3::uuid[], $4::int[], $5::int[], $6::int[], $7::smallint[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::timestamptz[], $13::timestamptz[]) AS f

-- name: add_dead_letters
-- The newest version of each job, as it was when it was given up.
INSERT INTO dead_letter (job_id, run, queue, tenant, task, fingerprint, kind, code, message, spec, create_time, dead_time)
SELECT d.job_id, d.run, version.queue, version.tenant, version.task, d.fingerprint, d.kind, d.code, d.message,
       version.spec, version.create_time, $1
FROM unnest($2::uuid[], $3::int[], $4::text[], $5::smallint[], $6::text[], $7::text[])
    AS d (job_id, run, fingerprint, kind, code, message)
CROSS JOIN LATERAL (
    SELECT queue, tenant, task, spec, create_time FROM job WHERE job.job_id = d.job_id ORDER BY job.run DESC LIMIT 1
) AS version
ON CONFLICT (job_id) DO UPDATE
SET run = excluded.run, fingerprint = excluded.fingerprint, kind = excluded.kind, code = excluded.code,
    message = excluded.message, dead_time = excluded.dead_time

-- name: add_results
INSERT INTO result (slot, job_id, content) SELECT $1, r.* FROM unnest($2::uuid[], $3::bytea[]) AS r

-- name: cache_results
INSERT INTO cached_result (digest, content, expire_time) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::timestamptz[])
ON CONFLICT (digest) DO UPDATE SET content = excluded.content, expire_time = excluded.expire_time

-- name: find_cached
SELECT digest, content FROM cached_result WHERE digest = ANY ($1::bytea[]) AND expire_time > $2

-- name: release_unique
DELETE FROM unique_job
USING unnest($1::text[], $2::text[], $3::uuid[]) AS u (queue, key, job_id)
WHERE unique_job.queue = u.queue AND unique_job.key = u.key AND unique_job.job_id = u.job_id

-- name: load_unfinished
WITH ended AS MATERIALIZED (
    SELECT e.job_id, max(e.run) AS run
    FROM ending, unnest(jobs, runs) AS e (job_id, run)
    WHERE slot = ANY ($1::smallint[])
    GROUP BY e.job_id
)
SELECT DISTINCT ON (job_id) job_id, job.run, priority, create_time, ready_time, queue, tenant, key, task, spec, slot
FROM job
LEFT JOIN ended USING (job_id)
WHERE slot = ANY ($1::smallint[]) AND (ended.run IS NULL OR ended.run < job.run)
ORDER BY job_id, job.run DESC, slot

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

-- name: open_queues
UPDATE queue SET is_full = false WHERE is_full AND queue_id <> ALL ($1::text[])

-- name: fill_queues
INSERT INTO queue (queue_id, definition, is_full, update_time)
SELECT queue_id, '', true, $2 FROM unnest($1::text[]) AS f (queue_id)
ON CONFLICT (queue_id) DO UPDATE SET is_full = true

-- name: open_segment
SELECT open_segment($1, $2)

-- name: carry
-- Unfinished jobs move to the newest segment, with the number of their last run.
INSERT INTO job (slot, job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec)
SELECT DISTINCT ON (job_id) $2, job_id, c.run, priority, create_time, c.ready_time, queue, tenant, key, task, spec
FROM job
JOIN unnest($3::uuid[], $4::int[], $5::timestamptz[]) AS c (job_id, run, ready_time) USING (job_id)
WHERE slot = ANY ($1::smallint[])
  AND NOT EXISTS (SELECT FROM job AS newer WHERE newer.job_id = job.job_id AND newer.run > job.run)
ORDER BY job_id, job.run DESC

-- name: carry_failures
INSERT INTO failure (slot, job_id, run, failures, losses, kind, code, message, fingerprint, worker, start_time, end_time,
                     next_time)
SELECT DISTINCT ON (job_id) $2, job_id, run, failures, losses, kind, code, message, fingerprint, worker, start_time,
       end_time, next_time
FROM failure
WHERE slot = ANY ($1::smallint[]) AND job_id = ANY ($3::uuid[])
ORDER BY job_id, run DESC

-- name: carry_claims
INSERT INTO claim (slot, first_ticket, low, high, jobs, runs, workers, start_time)
SELECT $1, c.ticket, c.job_id, c.job_id, ARRAY[c.job_id], ARRAY[c.run], ARRAY[c.worker], c.start_time
FROM unnest($2::bigint[], $3::uuid[], $4::int[], $5::text[], $6::timestamptz[])
    AS c (ticket, job_id, run, worker, start_time)

-- name: close_segment
UPDATE ring SET oldest_open = $1 + 1 WHERE oldest_open = $1

-- name: outcomes
-- How jobs ended, of those that have.
SELECT DISTINCT ON (e.job_id) e.job_id, e.state, e.run
FROM unnest($1::uuid[]) AS asked (job_id)
JOIN ending ON ending.low <= asked.job_id AND ending.high >= asked.job_id
CROSS JOIN LATERAL unnest(jobs, runs, states) AS e (job_id, run, state)
WHERE e.job_id = asked.job_id
ORDER BY e.job_id, e.run DESC
