-- What was committed after a snapshot: the rows of transactions that it did not see, because they had not begun or were
-- still running. Unlike reading up to a number, this neither misses what commits late nor waits for it. The first row
-- carries the snapshot that this look was taken in and, as `run`, how many requests follow it, whose kinds are in `run`.
-- Then come jobs, in the order in which they were enqueued.
--
-- It is planned once, by index: the planner knows nothing of a table that grows from empty, and would read it whole.
CREATE FUNCTION news(since pg_snapshot) RETURNS TABLE (
    part smallint, "position" bigint, job_id uuid, run int, priority smallint, create_time timestamptz,
    ready_time timestamptz, queue text, tenant text, key text, task text, spec bytea, slot smallint
)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT id, request.kind, request.job_id, request.queue
        FROM request
        WHERE transaction >= pg_snapshot_xmax(since) OR transaction = ANY (ARRAY(SELECT pg_snapshot_xip(since)))
    )
    SELECT 0::smallint, 0::bigint, NULL::uuid, (SELECT count(*)::int FROM asked), 0::smallint, NULL::timestamptz,
           NULL::timestamptz, '', '', '', pg_current_snapshot()::text, ''::bytea, 0::smallint
    UNION ALL
    SELECT 1::smallint, id, job_id, kind::int, 0::smallint, NULL, NULL, coalesce(queue, ''), '', '', '', '', 0::smallint
    FROM asked
    UNION ALL
    SELECT 2::smallint, position, job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec, slot
    FROM job
    WHERE transaction >= pg_snapshot_xmax(since)
    UNION ALL
    SELECT 2::smallint, position, job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec, slot
    FROM job
    WHERE transaction = ANY (ARRAY(SELECT pg_snapshot_xip(since)))
    ORDER BY 1, 2;
END
$$;

REVOKE ALL ON FUNCTION news FROM PUBLIC;
GRANT EXECUTE ON FUNCTION news TO jobs;
