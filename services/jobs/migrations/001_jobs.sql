-- The hot path only ever appends: jobs, claims and ends are inserts, and space comes back by truncating a segment whole.
-- So no dead row is ever made by it, and a snapshot that somebody holds open for hours slows nothing down.
--
-- Segments are numbered and follow one another in a ring of 16 slots, one partition each. Jobs are written to the
-- newest. When a segment is closed, its unfinished jobs are carried into the newest one; from then on it is history,
-- until its slot is needed again.
CREATE TABLE ring (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    newest bigint NOT NULL DEFAULT 0,
    -- From here on segments may hold unfinished jobs.
    oldest_open bigint NOT NULL DEFAULT 0 CHECK (oldest_open <= newest AND newest - oldest_open < 15),
    start_time timestamptz NOT NULL
);
INSERT INTO ring (start_time) VALUES (now());

-- A version of a job. A job is its version with the greatest `run`, the number of its last run when it was written:
-- an edit or a redrive writes a version with a greater one, which fences what ran before.
CREATE TABLE job (
    slot smallint NOT NULL,
    job_id uuid NOT NULL,
    run int NOT NULL,
    priority smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    create_time timestamptz NOT NULL,
    ready_time timestamptz,
    queue text NOT NULL,
    tenant text NOT NULL,
    key text NOT NULL,
    task text NOT NULL,
    -- mesh.jobs.v1.JobSpec.
    spec bytea NOT NULL
) PARTITION BY LIST (slot);
CREATE INDEX job_by_transaction ON job (transaction);
CREATE INDEX job_by_id ON job (job_id);

-- What the dispatcher handed out in one turn. Tickets follow one another from the first.
CREATE TABLE claim (
    slot smallint NOT NULL,
    first_ticket bigint NOT NULL,
    low uuid NOT NULL,
    high uuid NOT NULL,
    jobs uuid[] NOT NULL,
    runs int[] NOT NULL,
    workers text[] NOT NULL,
    start_time timestamptz NOT NULL,
    CHECK (cardinality(jobs) = cardinality(runs) AND cardinality(jobs) = cardinality(workers))
) PARTITION BY LIST (slot);

-- What ended in one turn. The states are those of mesh.jobs.v1.JobState.
CREATE TABLE ending (
    slot smallint NOT NULL,
    low uuid NOT NULL,
    high uuid NOT NULL,
    jobs uuid[] NOT NULL,
    runs int[] NOT NULL,
    states smallint[] NOT NULL,
    end_time timestamptz NOT NULL,
    CHECK (cardinality(jobs) = cardinality(runs) AND cardinality(jobs) = cardinality(states))
) PARTITION BY LIST (slot);

-- A run that failed, and when the next may start.
CREATE TABLE failure (
    slot smallint NOT NULL,
    job_id uuid NOT NULL,
    run int NOT NULL,
    failures int NOT NULL,
    losses int NOT NULL,
    -- mesh.jobs.v1.FailureClass.
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 5),
    code text NOT NULL,
    message text NOT NULL,
    fingerprint text NOT NULL,
    worker text NOT NULL,
    start_time timestamptz NOT NULL,
    end_time timestamptz NOT NULL,
    -- Null when no run follows.
    next_time timestamptz
) PARTITION BY LIST (slot);
CREATE INDEX failure_by_id ON failure (job_id, run);

CREATE TABLE result (
    slot smallint NOT NULL,
    job_id uuid NOT NULL,
    content bytea NOT NULL
) PARTITION BY LIST (slot);
CREATE INDEX result_by_id ON result (job_id);

DO $$
BEGIN
    FOR slot IN 0..15 LOOP
        EXECUTE format('CREATE TABLE job_%s PARTITION OF job FOR VALUES IN (%s)', slot, slot);
        EXECUTE format('CREATE TABLE claim_%s PARTITION OF claim FOR VALUES IN (%s)', slot, slot);
        EXECUTE format('CREATE TABLE ending_%s PARTITION OF ending FOR VALUES IN (%s)', slot, slot);
        EXECUTE format('CREATE TABLE failure_%s PARTITION OF failure FOR VALUES IN (%s)', slot, slot);
        EXECUTE format('CREATE TABLE result_%s PARTITION OF result FOR VALUES IN (%s)', slot, slot);
    END LOOP;
END
$$;

-- Jobs that were given up, until they are redriven or discarded. The spec is kept here because segments end.
CREATE TABLE dead_letter (
    job_id uuid PRIMARY KEY,
    run int NOT NULL,
    queue text NOT NULL,
    tenant text NOT NULL,
    task text NOT NULL,
    fingerprint text NOT NULL,
    kind smallint NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    spec bytea NOT NULL,
    create_time timestamptz NOT NULL,
    dead_time timestamptz NOT NULL
);
CREATE INDEX dead_letter_by_fingerprint ON dead_letter (fingerprint, job_id);

-- The unique keys of unfinished jobs.
CREATE TABLE unique_job (
    queue text NOT NULL,
    key text NOT NULL,
    job_id uuid NOT NULL,
    PRIMARY KEY (queue, key)
);

-- What the dispatcher is asked for. 1 cancel, 2 run now, 3 configure.
CREATE TABLE request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    job_id uuid,
    queue text,
    create_time timestamptz NOT NULL,
    CHECK ((job_id IS NULL) = (kind = 3) AND (queue IS NULL) = (kind <> 3))
);
CREATE INDEX request_by_transaction ON request (transaction);

CREATE TABLE queue (
    queue_id text PRIMARY KEY,
    -- mesh.jobs.v1.Queue.
    definition bytea NOT NULL,
    -- Whether it holds as many jobs as it may; the dispatcher says so.
    is_full boolean NOT NULL DEFAULT false,
    is_draining boolean NOT NULL DEFAULT false,
    update_time timestamptz NOT NULL
);

CREATE TABLE schedule (
    schedule_id text PRIMARY KEY,
    -- mesh.jobs.v1.Schedule, as it was asked for.
    definition bytea NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    is_paused boolean NOT NULL DEFAULT false,
    pause_reason text NOT NULL DEFAULT '',
    -- The next fire by the timing, before jitter; null when there is none.
    next_time timestamptz,
    -- When it is next looked at: the next fire, or when a buffered one may go.
    due_time timestamptz,
    last_time timestamptz,
    -- Fires that wait for a job to end, oldest first.
    buffered timestamptz[] NOT NULL DEFAULT '{}',
    last_job uuid,
    fired bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    create_time timestamptz NOT NULL
);
CREATE INDEX schedule_by_due_time ON schedule (due_time) WHERE due_time IS NOT NULL;

-- Each fire is enqueued once: a second attempt at it finds its row.
CREATE TABLE fire (
    schedule_id text NOT NULL,
    fire_time timestamptz NOT NULL,
    job_id uuid NOT NULL,
    PRIMARY KEY (schedule_id, fire_time)
);

CREATE TABLE workflow (
    workflow_id uuid PRIMARY KEY,
    -- mesh.jobs.v1.Workflow, with the names of its jobs.
    definition bytea NOT NULL,
    create_time timestamptz NOT NULL
);

-- Results that answer jobs with the same target and payload.
CREATE TABLE cached_result (
    digest bytea PRIMARY KEY,
    content bytea NOT NULL,
    expire_time timestamptz NOT NULL
);

-- Where the dispatcher is reached.
CREATE TABLE dispatcher (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    fence bigint NOT NULL,
    address text NOT NULL
);

-- Enqueues jobs into the running transaction: of this service, or of any other in the same database, which sees nothing
-- else of this schema. With `unique_keys` null, all are enqueued and no row comes back. Else a row for each job: its
-- place, its id, and 1 enqueued, 2 left to the one that is there, 3 took the place of the one that is there, 4 refused.
CREATE FUNCTION enqueue(
    at timestamptz, ids uuid[], queues text[], tenants text[], keys text[], tasks text[], priorities smallint[],
    ready_times timestamptz[], specs bytea[], unique_keys text[], conflicts smallint[]
) RETURNS TABLE (place int, job uuid, outcome smallint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    into_slot CONSTANT smallint := (SELECT newest % 16 FROM ring);
    n int;
    holder uuid;
BEGIN
    IF unique_keys IS NULL THEN
        INSERT INTO job (slot, job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec)
        SELECT into_slot, j.id, 0, j.priority, at, j.ready_time, j.queue, j.tenant, j.key, j.task, j.spec
        FROM unnest(ids, priorities, ready_times, queues, tenants, keys, tasks, specs)
            AS j (id, priority, ready_time, queue, tenant, key, task, spec);
        RETURN;
    END IF;
    FOR n IN 1..cardinality(ids) LOOP
        place := n;
        job := ids[n];
        outcome := 1;
        IF unique_keys[n] <> '' THEN
            LOOP
                INSERT INTO unique_job (queue, key, job_id) VALUES (queues[n], unique_keys[n], ids[n])
                ON CONFLICT DO NOTHING;
                EXIT WHEN FOUND;
                SELECT unique_job.job_id INTO holder FROM unique_job
                WHERE queue = queues[n] AND key = unique_keys[n] FOR UPDATE;
                IF FOUND THEN
                    job := holder;
                    outcome := CASE conflicts[n] WHEN 4 THEN 4 WHEN 3 THEN 3 WHEN 2 THEN 3 ELSE 2 END;
                    EXIT;
                END IF;
            END LOOP;
        END IF;
        IF outcome = 1 THEN
            INSERT INTO job (slot, job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec)
            VALUES (into_slot, ids[n], 0, priorities[n], at, ready_times[n], queues[n], tenants[n], keys[n], tasks[n],
                    specs[n]);
        ELSIF outcome = 3 THEN
            -- The dispatcher leaves a job alone that runs, whatever is written here.
            INSERT INTO job (slot, job_id, run, priority, create_time, ready_time, queue, tenant, key, task, spec)
            SELECT into_slot, old.job_id, last_run(old.job_id) + 1,
                   CASE conflicts[n] WHEN 2 THEN priorities[n] ELSE old.priority END, old.create_time, ready_times[n],
                   old.queue, CASE conflicts[n] WHEN 2 THEN tenants[n] ELSE old.tenant END,
                   CASE conflicts[n] WHEN 2 THEN keys[n] ELSE old.key END,
                   CASE conflicts[n] WHEN 2 THEN tasks[n] ELSE old.task END,
                   CASE conflicts[n] WHEN 2 THEN specs[n] ELSE old.spec END
            FROM job AS old WHERE old.job_id = holder ORDER BY old.run DESC LIMIT 1;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;

-- The greatest run number of a job so far.
CREATE FUNCTION last_run(id uuid) RETURNS int
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT greatest(
        (SELECT max(run) FROM job WHERE job_id = id),
        (SELECT max(c.runs[array_position(c.jobs, id)]) FROM claim AS c WHERE c.low <= id AND c.high >= id)
    )
$$;

-- Starts the next segment. The service may not truncate; this may, and only what is closed.
CREATE FUNCTION open_segment(after bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '2s' AS $$
DECLARE
    slot CONSTANT int := (after + 1) % 16;
BEGIN
    PERFORM FROM ring WHERE newest = after AND after + 1 - oldest_open < 15 FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    EXECUTE format('TRUNCATE job_%s, claim_%s, ending_%s, failure_%s, result_%s', slot, slot, slot, slot, slot);
    UPDATE ring SET newest = after + 1, start_time = at;
    RETURN after + 1;
END
$$;

REVOKE ALL ON FUNCTION last_run, open_segment FROM PUBLIC;
GRANT EXECUTE ON FUNCTION last_run, open_segment TO jobs;
