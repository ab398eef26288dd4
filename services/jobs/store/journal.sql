-- What the dispatcher writes.

-- name: announce
INSERT INTO dispatcher (fence, address) VALUES ($1, $2)
ON CONFLICT (one) DO UPDATE SET fence = excluded.fence, address = excluded.address
WHERE dispatcher.fence < excluded.fence

-- name: find_dispatcher
SELECT address FROM dispatcher

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

-- name: release_unique
DELETE FROM unique_job
USING unnest($1::text[], $2::text[], $3::uuid[]) AS u (queue, key, job_id)
WHERE unique_job.queue = u.queue AND unique_job.key = u.key AND unique_job.job_id = u.job_id

-- name: open_queues
UPDATE queue SET is_full = false WHERE is_full AND queue_id <> ALL ($1::text[])

-- name: fill_queues
INSERT INTO queue (queue_id, definition, is_full, update_time)
SELECT queue_id, '', true, $2 FROM unnest($1::text[]) AS f (queue_id)
ON CONFLICT (queue_id) DO UPDATE SET is_full = true
