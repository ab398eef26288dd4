-- Jobs, for those who ask.

-- name: closed_queues
SELECT queue_id, is_full OR is_drained AS is_closed, drained_tasks, drained_tenants
FROM queue
WHERE queue_id = ANY ($1::text[]) AND (is_full OR is_drained OR drained_tasks <> '{}' OR drained_tenants <> '{}')

-- name: newest_slot
SELECT newest % 16 FROM ring

-- name: known_jobs
SELECT DISTINCT job_id FROM job WHERE job_id = ANY ($1::uuid[])
UNION
SELECT job_id FROM dead_letter WHERE job_id = ANY ($1::uuid[])

-- name: get_jobs
-- The newest version of each job, and all that is known of it. The least and the greatest of the ids are given too, to
-- look only at blocks that may tell of them.
WITH span AS (
    SELECT $2::uuid AS low, $3::uuid AS high
),
claimed AS (
    SELECT DISTINCT ON (c.job_id) c.job_id, c.run, c.worker, start_time
    FROM span
    JOIN claim ON claim.low <= span.high AND claim.high >= span.low
    CROSS JOIN LATERAL unnest(jobs, runs, workers) AS c (job_id, run, worker)
    WHERE c.job_id = ANY ($1::uuid[])
    ORDER BY c.job_id, c.run DESC
),
ended AS (
    SELECT DISTINCT ON (e.job_id) e.job_id, e.run, e.state, end_time
    FROM span
    JOIN ending ON ending.low <= span.high AND ending.high >= span.low
    CROSS JOIN LATERAL unnest(jobs, runs, states) AS e (job_id, run, state)
    WHERE e.job_id = ANY ($1::uuid[])
    ORDER BY e.job_id, e.run DESC, end_time DESC
),
failed AS (
    SELECT DISTINCT ON (job_id) job_id, run, kind, code, message, fingerprint, next_time
    FROM failure
    WHERE job_id = ANY ($1::uuid[])
    ORDER BY job_id, run DESC
)
SELECT version.*, claimed.run AS claim_run, claimed.worker, claimed.start_time,
       ended.run AS end_run, ended.state AS end_state, ended.end_time,
       failed.run AS failed_run, failed.kind, failed.code, failed.message, failed.fingerprint, failed.next_time,
       (SELECT content FROM result WHERE result.job_id = version.job_id ORDER BY result.slot LIMIT 1) AS content
FROM (
    SELECT DISTINCT ON (job_id) *
    FROM (
        SELECT job_id, run, spec, create_time, ready_time FROM job WHERE job_id = ANY ($1::uuid[])
        UNION ALL
        SELECT job_id, run, spec, create_time, NULL FROM dead_letter WHERE job_id = ANY ($1::uuid[])
    ) AS versions
    ORDER BY job_id, run DESC
) AS version
LEFT JOIN claimed USING (job_id)
LEFT JOIN ended USING (job_id)
LEFT JOIN failed USING (job_id)

-- name: list_jobs
SELECT DISTINCT job_id
FROM job
WHERE ($1::uuid IS NULL OR job_id < $1)
  AND queue = ALL ($3::text[]) AND tenant = ALL ($4::text[]) AND task = ALL ($5::text[])
ORDER BY job_id DESC
LIMIT $2

-- name: list_dead
SELECT job_id
FROM dead_letter
WHERE ($1::uuid IS NULL OR job_id < $1)
  AND queue = ALL ($3::text[]) AND tenant = ALL ($4::text[]) AND task = ALL ($5::text[])
ORDER BY job_id DESC
LIMIT $2

-- name: list_runs
SELECT c.run, c.worker, claim.start_time, coalesce(f.end_time, e.end_time) AS end_time,
       f.kind, f.code, f.message, f.fingerprint
FROM claim
CROSS JOIN LATERAL unnest(jobs, runs, workers) AS c (job_id, run, worker)
LEFT JOIN failure AS f ON f.job_id = c.job_id AND f.run = c.run
LEFT JOIN LATERAL (
    SELECT ending.end_time
    FROM ending
    WHERE ending.low <= $1 AND ending.high >= $1 AND ending.runs[array_position(ending.jobs, $1)] = c.run
    LIMIT 1
) AS e ON true
WHERE claim.low <= $1 AND claim.high >= $1 AND c.job_id = $1 AND c.run > $2
ORDER BY c.run
LIMIT $3

-- name: append_version
-- A new version of a job, above all of its runs so far.
INSERT INTO job (slot, job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec)
SELECT (SELECT newest % 16 FROM ring), v.*
FROM unnest($1::uuid[], $2::int[], $3::smallint[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::bytea[])
    AS v (job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec)
ORDER BY v.job_id

-- name: change_dead_letter
UPDATE dead_letter SET spec = $2, tenant = $3, task = $4 WHERE job_id = $1

-- name: lock_job
-- Edits of one job follow one another.
SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))

-- name: take_dead_letters
DELETE FROM dead_letter
WHERE job_id = ANY ($1::uuid[]) OR fingerprint = $2
RETURNING job_id, run, spec, create_time

-- name: group_dead_letters
SELECT fingerprint, queue, task, count(*) AS count, min(dead_time) AS first_time, max(dead_time) AS last_time,
       (array_agg(job_id ORDER BY dead_time DESC))[:5] AS sample,
       (array_agg(kind ORDER BY dead_time DESC))[1] AS kind,
       (array_agg(code ORDER BY dead_time DESC))[1] AS code,
       (array_agg(message ORDER BY dead_time DESC))[1] AS message
FROM dead_letter
WHERE $1 = '' OR queue = $1
GROUP BY fingerprint, queue, task
HAVING $2::bigint IS NULL OR (-count(*), fingerprint, queue) > (-$2::bigint, $3::text, $4::text)
ORDER BY -count(*), fingerprint, queue
LIMIT $5

-- name: ask
INSERT INTO request (kind, job_id, queue, create_time) VALUES ($1, $2, $3, $4)
