-- A queue that is full or drained takes no jobs, whoever brings them.

-- Why a fire came to nothing that no policy of the schedule's held back.
ALTER TABLE schedule ADD COLUMN skip_reason text NOT NULL DEFAULT '';

-- For the service of jobs, which has looked at the queues itself.
ALTER FUNCTION enqueue(timestamptz, uuid[], text[], text[], text[], text[], smallint[], timestamptz[], bytea[], text[],
                       smallint[])
    RENAME TO enqueue_admitted;
REVOKE ALL ON FUNCTION enqueue_admitted FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue_admitted TO jobs;

-- For all others. Raises JQ001, with the queue's id as its message, when one of the queues does not take its job.
CREATE FUNCTION enqueue(
    at timestamptz, ids uuid[], queues text[], tenants text[], keys text[], tasks text[], priorities smallint[],
    ready_times timestamptz[], specs bytea[], unique_keys text[], conflicts smallint[]
) RETURNS TABLE (place int, job uuid, outcome smallint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    closed text;
BEGIN
    SELECT q.queue_id INTO closed
    FROM unnest(queues, tasks, tenants) AS j (queue, task, tenant)
    JOIN queue AS q ON q.queue_id = j.queue
    WHERE q.is_full OR q.is_drained OR j.task = ANY (q.drained_tasks) OR j.tenant = ANY (q.drained_tenants)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', closed USING ERRCODE = 'JQ001';
    END IF;
    RETURN QUERY
    SELECT * FROM enqueue_admitted(at, ids, queues, tenants, keys, tasks, priorities, ready_times, specs, unique_keys,
                                   conflicts);
END
$$;
