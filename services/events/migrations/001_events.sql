-- The log. A position is the hour that it was given in, times 2^32, plus a number: so a position tells its time, a day is
-- a range of positions, and what a reader has seen is one number. Whoever appends holds one lock until its commit, so
-- that positions become visible in their order.
CREATE TABLE event (
    position bigint NOT NULL,
    compacted boolean NOT NULL,
    event_id uuid NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    payload bytea NOT NULL,
    attributes bytea NOT NULL,
    digest bytea NOT NULL,
    publisher text NOT NULL,
    publish_time timestamptz NOT NULL
) PARTITION BY LIST (compacted);
CREATE INDEX event_by_position ON event (position);
CREATE INDEX event_by_id ON event (event_id);

-- Of compacted topics the newest event of each key stays for ever, of the others every event until its day is dropped.
CREATE TABLE event_compacted PARTITION OF event FOR VALUES IN (true);
CREATE INDEX event_compacted_by_key ON event_compacted (topic, key, position);
CREATE TABLE event_by_day PARTITION OF event FOR VALUES IN (false) PARTITION BY RANGE (position);

CREATE SEQUENCE log_position MINVALUE 0 START 0;
GRANT SELECT, UPDATE ON SEQUENCE log_position TO events;

-- Everything at or before this position may be gone.
CREATE TABLE horizon (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint NOT NULL
);
INSERT INTO horizon (position) VALUES (0);

CREATE TABLE topic (
    topic text PRIMARY KEY,
    compacted boolean NOT NULL
);

-- Events that are to come into the log later.
CREATE TABLE delayed (
    event_id uuid PRIMARY KEY,
    deliver_time timestamptz NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    payload bytea NOT NULL,
    attributes bytea NOT NULL,
    digest bytea NOT NULL,
    publisher text NOT NULL
);
CREATE INDEX delayed_by_time ON delayed (deliver_time);

-- Up to where each service's outbox is in the log.
CREATE TABLE relayed (
    source text PRIMARY KEY,
    transaction xid8 NOT NULL,
    id bigint NOT NULL
);

-- Subscriptions and webhooks, by their names.
CREATE TABLE consumer_group (
    name text PRIMARY KEY,
    uid uuid NOT NULL UNIQUE,
    definition bytea NOT NULL,
    version bigint NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
);

-- Where each group stands: a row a turn of its owner, of which the last counts. What is in the runs, and what comes after
-- the tail, is not settled. Rows are only added, and deleted by the thousand when they are old.
CREATE TABLE progress (
    uid uuid NOT NULL,
    fence bigint NOT NULL,
    turn bigint NOT NULL,
    tail bigint NOT NULL,
    firsts bigint[] NOT NULL,
    lasts bigint[] NOT NULL,
    failed bigint[] NOT NULL,
    failures int[] NOT NULL,
    ready_times timestamptz[] NOT NULL,
    PRIMARY KEY (uid, fence, turn)
);

CREATE TABLE dead_letter (
    uid uuid NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    -- 1 attempts exhausted, 2 rejected, 3 filter failed.
    cause smallint NOT NULL CHECK (cause BETWEEN 1 AND 3),
    error text NOT NULL,
    attempts int NOT NULL,
    consumer text NOT NULL,
    redriven boolean NOT NULL DEFAULT false,
    dead_time timestamptz NOT NULL,
    position bigint NOT NULL,
    event_id uuid NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    payload bytea NOT NULL,
    attributes bytea NOT NULL,
    publisher text NOT NULL,
    publish_time timestamptz NOT NULL,
    PRIMARY KEY (uid, number)
);
CREATE INDEX dead_letter_redriven ON dead_letter (uid) WHERE redriven;

-- What a webhook's secrets are derived from, with the service's key. Without an end: the present one.
CREATE TABLE webhook_secret (
    uid uuid NOT NULL,
    nonce bytea NOT NULL,
    create_time timestamptz NOT NULL,
    end_time timestamptz,
    PRIMARY KEY (uid, nonce)
);

CREATE TABLE webhook_attempt (
    uid uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    event_id uuid,
    topic text NOT NULL,
    attempt int NOT NULL,
    create_time timestamptz NOT NULL,
    duration interval NOT NULL,
    status_code int NOT NULL,
    error text NOT NULL,
    excerpt text NOT NULL,
    PRIMARY KEY (uid, id)
);
CREATE INDEX webhook_attempt_by_age ON webhook_attempt USING brin (create_time);

CREATE FUNCTION hour_of(at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT floor(extract(epoch FROM at) / 3600)::bigint $$;

-- Makes the partition of a day that has none. The service may not define tables; this may, and only these.
CREATE FUNCTION open_day(at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    day CONSTANT bigint := hour_of(at) / 24;
BEGIN
    IF to_regclass(format('event_%s', day)) IS NULL THEN
        PERFORM pg_advisory_xact_lock('event_by_day'::regclass::oid::bigint);
        EXECUTE format('CREATE TABLE IF NOT EXISTS event_%s (LIKE event_by_day INCLUDING DEFAULTS)', day);
        IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = format('event_%s', day)::regclass) THEN
            -- Attaching leaves readers and writers of other days alone; creating a partition in place would not.
            EXECUTE format('ALTER TABLE event_by_day ATTACH PARTITION event_%s FOR VALUES FROM (%s) TO (%s)',
                           day, (day * 24) << 32, ((day + 1) * 24) << 32);
        END IF;
    END IF;
END
$$;

-- Drops the days that ended before an instant; returns how many.
CREATE FUNCTION drop_days(before timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '2s' AS $$
DECLARE
    oldest CONSTANT bigint := hour_of(before) / 24;
    partition regclass;
    dropped int := 0;
BEGIN
    FOR partition IN
        SELECT inhrelid::regclass FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid
        WHERE inhparent = 'event_by_day'::regclass AND substr(c.relname, 7)::bigint < oldest
    LOOP
        EXECUTE format('DROP TABLE %s', partition);
        dropped := dropped + 1;
    END LOOP;
    UPDATE horizon SET position = ((oldest * 24) << 32) - 1 WHERE dropped > 0;
    RETURN dropped;
END
$$;

-- Appends events in their order; returns the position before the first.
CREATE FUNCTION append(
    at timestamptz, ids uuid[], topics text[], keys text[], payloads bytea[], attributes bytea[], digests bytea[],
    publishers text[]
) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    before bigint;
BEGIN
    PERFORM pg_advisory_xact_lock('event'::regclass::oid::bigint);
    PERFORM open_day(at);
    before := greatest((SELECT last_value FROM log_position), hour_of(at) << 32);
    PERFORM setval('log_position', before + cardinality(ids));
    INSERT INTO event (position, compacted, event_id, topic, key, payload, attributes, digest, publisher, publish_time)
    SELECT before + e.place, coalesce(t.compacted, false), e.id, e.topic, e.key, e.payload, e.attributes, e.digest,
           e.publisher, at
    FROM unnest(ids, topics, keys, payloads, attributes, digests, publishers)
        WITH ORDINALITY AS e (id, topic, key, payload, attributes, digest, publisher, place)
    LEFT JOIN topic AS t ON t.topic = e.topic;
    RETURN before;
END
$$;

-- Moves what a service has committed to its outbox into the log: once, since where it stands moves in the same commit.
-- Returns how many, and whether more is committed that must wait for an older transaction to end.
CREATE FUNCTION relay(from_source text, at timestamptz, most int) RETURNS TABLE (moved int, held boolean)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    seen relayed;
    topics text[];
    keys text[];
    payloads bytea[];
    last_transaction xid8;
    last_id bigint;
BEGIN
    INSERT INTO relayed (source, transaction, id) SELECT from_source, '0', 0
    WHERE NOT EXISTS (SELECT FROM relayed WHERE source = from_source)
    ON CONFLICT DO NOTHING;
    SELECT * INTO seen FROM relayed WHERE source = from_source FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 0, false;
        RETURN;
    END IF;
    EXECUTE format(
        $read$
        SELECT array_agg(topic ORDER BY transaction, id) FILTER (WHERE safe),
               array_agg(key ORDER BY transaction, id) FILTER (WHERE safe),
               array_agg(payload ORDER BY transaction, id) FILTER (WHERE safe),
               coalesce(bool_or(NOT safe), false)
        FROM %1$I.read_outbox($1, $2, $3)
        $read$, from_source)
    INTO topics, keys, payloads, held USING seen.transaction, seen.id, most;
    moved := coalesce(cardinality(topics), 0);
    IF moved > 0 THEN
        EXECUTE format('SELECT transaction, id FROM %1$I.read_outbox($1, $2, $3) OFFSET $3 - 1', from_source)
        INTO last_transaction, last_id USING seen.transaction, seen.id, moved;
        PERFORM append(at, (SELECT array_agg(uuidv7()) FROM generate_series(1, moved)), topics, keys, payloads,
                       array_fill(''::bytea, ARRAY[moved]), array_fill(''::bytea, ARRAY[moved]),
                       array_fill('services/' || from_source, ARRAY[moved]));
        UPDATE relayed SET transaction = last_transaction, id = last_id WHERE source = from_source;
    END IF;
    RETURN NEXT;
END
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA events FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA events TO events;
