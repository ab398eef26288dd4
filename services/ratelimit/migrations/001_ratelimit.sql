-- One row: the number of writes of limits and access rules so far. Whoever writes one locks it, so that limits are
-- reviewed against one another one at a time, and replicas see by it whether there is anything new.
CREATE TABLE book (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO book (version) VALUES (0);

-- A limit is kept as the message of the contract: its history must be readable by it.
CREATE TABLE rate_limit (
    rate_limit_id text PRIMARY KEY,
    base_id text CONSTRAINT rate_limit_base REFERENCES rate_limit,
    tier smallint NOT NULL,
    subject text NOT NULL,
    body bytea NOT NULL,
    version bigint NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    CHECK ((base_id IS NULL) = (tier = 0 AND subject = '')),
    CHECK (tier = 0 OR subject = '')
);
CREATE UNIQUE INDEX rate_limit_replacement ON rate_limit (base_id, tier, subject) WHERE base_id IS NOT NULL;

CREATE TABLE rate_limit_version (
    version bigint PRIMARY KEY,
    rate_limit_id text NOT NULL,
    body bytea NOT NULL,
    deleted boolean NOT NULL,
    actor text NOT NULL,
    create_time timestamptz NOT NULL,
    write_time timestamptz NOT NULL
);
CREATE INDEX rate_limit_version_by_limit ON rate_limit_version (rate_limit_id, version);
COMMENT ON TABLE rate_limit_version IS 'append-only';

CREATE TABLE access_rule (
    access_rule_id text PRIMARY KEY,
    effect smallint NOT NULL CHECK (effect IN (1, 2)),
    cidr text NOT NULL,
    key text NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    expire_time timestamptz,
    penalty_limit text NOT NULL,
    version bigint NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    CHECK ((cidr = '') = (key <> '' AND subject <> ''))
);
CREATE INDEX access_rule_by_expiry ON access_rule (expire_time);

CREATE TABLE usage_hour (
    hour timestamptz NOT NULL,
    rate_limit_id text NOT NULL,
    allowed bigint NOT NULL,
    blocked bigint NOT NULL,
    shadow_blocked bigint NOT NULL,
    PRIMARY KEY (hour, rate_limit_id)
) WITH (fillfactor = 50);

CREATE TABLE subject_hour (
    hour timestamptz NOT NULL,
    rate_limit_id text NOT NULL,
    subject text NOT NULL,
    blocked bigint NOT NULL,
    near bigint NOT NULL,
    PRIMARY KEY (hour, rate_limit_id, subject)
) WITH (fillfactor = 50);

-- Recorded calls, a block for each time that a replica wrote them down: zlib over JSON, as long as it is kept.
CREATE TABLE traffic (
    traffic_id uuid PRIMARY KEY DEFAULT uuidv7(),
    start_time timestamptz NOT NULL,
    end_time timestamptz NOT NULL,
    unrecorded bigint NOT NULL,
    body bytea NOT NULL
);
CREATE INDEX traffic_by_time ON traffic (end_time);

CREATE TABLE replica (
    holder text PRIMARY KEY,
    seen_time timestamptz NOT NULL
);
