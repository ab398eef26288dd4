-- name: start_sagas
-- A saga runs on the newest version; whoever planned on an older one gets no row, and plans again.
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(
        $1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::bytea[],
        $10::bytea[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::text[], $15::bytea[]
    ) AS wanted (
        saga_id, definition_id, version, key, owner, actor, parent_id, request_key, digest, input, create_time,
        expire_time, executor, topic, payload
    )
),
started AS (
    INSERT INTO saga (
        saga_id, definition_id, version, key, owner, actor, parent_id, request_key, digest, input, create_time,
        expire_time, executor, wake_time, state, update_time
    )
    SELECT
        saga_id, definition_id, version, nullif(key, ''), owner, actor, parent_id, nullif(request_key, ''), digest, input,
        create_time, expire_time, executor, create_time, 1, create_time
    FROM wanted
    WHERE version = (
        SELECT max(newest.version) FROM definition AS newest WHERE newest.definition_id = wanted.definition_id
    )
    ON CONFLICT DO NOTHING
    RETURNING saga_id
),
announced AS (
    INSERT INTO outbox (topic, key, payload)
    SELECT topic, 'sagas/' || saga_id, payload FROM wanted JOIN started USING (saga_id)
)
SELECT saga_id FROM started

-- name: find_started
SELECT asked.place, found.saga_id, found.digest, found.request_key = asked.request_key AS replayed
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (definition_id, key, request_key, place)
CROSS JOIN LATERAL (
    SELECT saga_id, digest, request_key FROM saga WHERE request_key = asked.request_key
    UNION ALL
    SELECT saga_id, digest, request_key FROM saga
    WHERE definition_id = asked.definition_id AND key = asked.key
    LIMIT 1
) AS found

-- name: append_transitions
-- What does not follow the last transition is left out, and with it what it would have done to the saga.
WITH appended AS (
    INSERT INTO transition (saga_id, sequence, kind, time, step, payload, failure, wake_time, actor, reason)
    SELECT * FROM unnest(
        $1::uuid[], $2::int[], $3::smallint[], $4::timestamptz[], $5::text[], $6::bytea[], $7::bytea[],
        $8::timestamptz[], $9::text[], $10::text[]
    )
    ON CONFLICT DO NOTHING
    RETURNING saga_id
),
moved AS (
    UPDATE saga
    SET state = head.state,
        past_pivot = head.past_pivot,
        failure = head.failure,
        executor = head.executor,
        wake_time = coalesce(head.wake_time, saga.wake_time),
        update_time = head.update_time,
        end_time = head.end_time
    FROM unnest(
        $11::uuid[], $12::smallint[], $13::boolean[], $14::bytea[], $15::text[], $16::timestamptz[],
        $17::timestamptz[], $18::timestamptz[]
    ) AS head (saga_id, state, past_pivot, failure, executor, wake_time, update_time, end_time)
    JOIN appended USING (saga_id)
    WHERE saga.saga_id = head.saga_id
),
announced AS (
    INSERT INTO outbox (topic, key, payload)
    SELECT topic, 'sagas/' || saga_id, payload
    FROM unnest($19::uuid[], $20::text[], $21::bytea[]) WITH ORDINALITY AS event (saga_id, topic, payload, place)
    JOIN appended USING (saga_id)
    ORDER BY place
)
SELECT saga_id FROM appended

-- name: claim_sagas
-- Takes over what is due and carried out by nobody who lives: $1 executor, $2 now, $3 how many. What an executor that
-- lives has lost sight of, $4, it takes over from itself.
WITH due AS (
    SELECT
        saga_id,
        coalesce((SELECT max(sequence) FROM transition WHERE transition.saga_id = saga.saga_id), 1) AS sequence
    FROM saga
    WHERE end_time IS NULL
      AND wake_time <= $2
      AND (
          executor IS NULL
          OR saga_id = ANY($4::uuid[])
          OR NOT EXISTS (
              SELECT FROM lease
              WHERE lease.name = 'executor/' || saga.executor AND lease.expire_time > clock_timestamp()
          )
      )
    ORDER BY wake_time
    LIMIT $3
    FOR UPDATE OF saga SKIP LOCKED
),
recovered AS (
    INSERT INTO transition (saga_id, sequence, kind, time, step, payload, failure, actor, reason)
    SELECT saga_id, sequence + 1, 15, $2, '', '', '', $1, '' FROM due
    ON CONFLICT DO NOTHING
    RETURNING saga_id
)
UPDATE saga SET executor = $1 FROM recovered WHERE saga.saga_id = recovered.saga_id RETURNING saga.saga_id

-- name: seize_saga
-- Takes a saga over from whoever carries it out: somebody wants something of it here.
WITH live AS (
    SELECT
        saga_id,
        coalesce((SELECT max(sequence) FROM transition WHERE transition.saga_id = saga.saga_id), 1) AS sequence
    FROM saga
    WHERE saga_id = $3 AND end_time IS NULL
    FOR UPDATE OF saga
),
recovered AS (
    INSERT INTO transition (saga_id, sequence, kind, time, step, payload, failure, actor, reason)
    SELECT saga_id, sequence + 1, 15, $2, '', '', '', $1, '' FROM live
    ON CONFLICT DO NOTHING
    RETURNING saga_id
)
UPDATE saga SET executor = $1, wake_time = least(wake_time, $2)
FROM recovered
WHERE saga.saga_id = recovered.saga_id
RETURNING saga.saga_id

-- name: carried_out_by
SELECT saga_id FROM saga WHERE executor = $1 AND end_time IS NULL AND create_time < $2 AND wake_time <= $2

-- name: executor_of
SELECT executor FROM saga WHERE saga_id = $1

-- name: get_sagas
SELECT * FROM saga WHERE saga_id = ANY($1::uuid[])

-- name: transitions_of
SELECT * FROM transition WHERE saga_id = ANY($1::uuid[]) ORDER BY saga_id, sequence

-- name: progress_of
SELECT state, coalesce((SELECT max(sequence) FROM transition WHERE transition.saga_id = saga.saga_id), 1) AS sequence
FROM saga
WHERE saga_id = $1

-- name: list_sagas
SELECT *
FROM saga
WHERE ($1::uuid IS NULL OR saga_id < $1)
  AND ($3::text[] = '{}' OR definition_id = ALL($3)) AND definition_id <> ALL($4::text[])
  AND ($5::text[] = '{}' OR key = ALL($5)) AND coalesce(key, '') <> ALL($6::text[])
  AND ($7::text[] = '{}' OR owner = ALL($7)) AND owner <> ALL($8::text[])
  AND ($9::int[] = '{}' OR state = ALL($9)) AND state <> ALL($10::int[])
ORDER BY saga_id DESC
LIMIT $2

-- name: forget_sagas
-- What ended long ago, with what happened to it; a child not before its parent, which may look at it again.
WITH old AS (
    SELECT saga_id
    FROM saga
    WHERE end_time < $1
      AND NOT EXISTS (SELECT FROM saga AS parent WHERE parent.saga_id = saga.parent_id AND parent.end_time IS NULL)
    ORDER BY end_time
    LIMIT $2
    FOR UPDATE SKIP LOCKED
),
forgotten AS (
    DELETE FROM transition USING old WHERE transition.saga_id = old.saga_id
)
DELETE FROM saga USING old WHERE saga.saga_id = old.saga_id RETURNING saga.saga_id

-- name: survey
SELECT
    state,
    past_pivot,
    count(*) AS sagas,
    min(create_time) AS oldest
FROM saga
WHERE end_time IS NULL
GROUP BY state, past_pivot
