CREATE TABLE definition (
    definition_id text NOT NULL,
    version int NOT NULL CHECK (version > 0),
    input_type text NOT NULL,
    digest bytea NOT NULL,
    body bytea NOT NULL,
    registrar text NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (definition_id, version)
);

-- One saga. What happened to it is in its transitions; here is what they come to, as far as it is searched for.
CREATE TABLE saga (
    saga_id uuid PRIMARY KEY,
    definition_id text NOT NULL,
    version int NOT NULL,
    key text,
    owner text NOT NULL,
    actor text NOT NULL,
    parent_id uuid,
    -- The call that started it, so that its replay finds it.
    request_key text CONSTRAINT saga_request_unique UNIQUE,
    digest bytea NOT NULL,
    input bytea NOT NULL,
    create_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL,
    -- Who carries it out; null while it only waits.
    executor text,
    -- From when on somebody must.
    wake_time timestamptz NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    past_pivot boolean NOT NULL DEFAULT false,
    failure bytea,
    update_time timestamptz NOT NULL,
    end_time timestamptz,
    CONSTRAINT saga_key_unique UNIQUE (definition_id, key),
    CHECK ((state IN (4, 5)) = (end_time IS NOT NULL))
)
WITH (fillfactor = 70);
CREATE INDEX saga_live ON saga (wake_time) WHERE end_time IS NULL;
CREATE INDEX saga_ended ON saga (end_time) WHERE end_time IS NOT NULL;
CREATE INDEX saga_by_key ON saga (key, saga_id);
CREATE INDEX saga_by_owner ON saga (owner, saga_id);

-- What happened, one row a commit. The number is the fence as well: who does not know of the last transition cannot
-- write the next one.
CREATE TABLE transition (
    saga_id uuid NOT NULL,
    sequence int NOT NULL CHECK (sequence > 1),
    kind smallint NOT NULL,
    time timestamptz NOT NULL,
    step text NOT NULL,
    payload bytea NOT NULL,
    failure bytea NOT NULL,
    wake_time timestamptz,
    actor text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (saga_id, sequence)
);
