-- The outbox in the order of its commits, for whoever carries it on.
CREATE INDEX outbox_by_commit ON outbox (transaction, id);

-- All that another service may know of this one: what it announced. `safe` are rows that nothing can commit before any
-- more. Who may call it is said by the migration runner.
CREATE FUNCTION read_outbox(after_transaction xid8, after_id bigint, most int)
RETURNS TABLE (transaction xid8, id bigint, topic text, key text, payload bytea, safe boolean)
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT transaction, id, topic, key, payload, transaction < pg_snapshot_xmin(pg_current_snapshot())
    FROM outbox
    WHERE (transaction, id) > (after_transaction, after_id)
    ORDER BY transaction, id
    LIMIT most
$$;
REVOKE ALL ON FUNCTION read_outbox FROM PUBLIC;

-- The events that this service has acted on: written in the commit of what it did.
CREATE TABLE inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_by_age ON inbox USING brin (create_time);
