-- The runtime's tables. Every service has its own, in its own schema.

-- The answers that were given to writes, so that a replay gets the first one.
CREATE TABLE remembered_reply (
    method text NOT NULL,
    caller text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    reply bytea NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT remembered_reply_pkey PRIMARY KEY (method, caller, key)
);
CREATE INDEX remembered_reply_by_age ON remembered_reply USING brin (create_time);

-- What is announced, in the commit that it tells of.
CREATE TABLE outbox (
    topic text NOT NULL,
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id bigint GENERATED ALWAYS AS IDENTITY,
    key text NOT NULL,
    payload bytea NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, transaction, id)
);
CREATE INDEX outbox_by_age ON outbox USING brin (create_time);

-- How far each topic has been deleted, so that a reader that comes late is told instead of missing something.
CREATE TABLE outbox_horizon (
    topic text PRIMARY KEY,
    transaction xid8 NOT NULL,
    id bigint NOT NULL
);

-- Who may do what only one may do at a time.
CREATE TABLE lease (
    name text PRIMARY KEY,
    holder text NOT NULL,
    fence bigint NOT NULL,
    expire_time timestamptz NOT NULL
);
