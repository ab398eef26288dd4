-- How the ring of segments turns.

-- name: open_segment
SELECT open_segment($1, $2)

-- name: carry
-- Unfinished jobs move to the newest segment, with the number of their last run and in their place.
INSERT INTO job (slot, position, job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec)
SELECT DISTINCT ON (job_id) $2, position, job_id, c.run, priority, create_time, c.ready_time, queue, tenant, key, task, spec
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
