CREATE TABLE account (
    user_id uuid PRIMARY KEY,
    -- In lower case.
    email text NOT NULL CONSTRAINT account_email_unique UNIQUE,
    display_name text NOT NULL,
    roles text[] NOT NULL,
    tier text NOT NULL CHECK (tier IN ('free', 'premium', 'enterprise')),
    disabled boolean NOT NULL DEFAULT false,
    email_verified boolean NOT NULL DEFAULT false,
    -- Argon2id in PHC form, over the peppered password. Empty: no password signs in.
    password_hash text NOT NULL,
    password_version int NOT NULL DEFAULT 1,
    version bigint NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
);

CREATE TABLE session (
    session_id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES account,
    -- Part of what refresh tokens are derived from: neither the database nor the key is enough to make one.
    seed bytea NOT NULL,
    generation int NOT NULL CHECK (generation > 0),
    device_name text NOT NULL,
    address text NOT NULL,
    -- A code of the user and the request id that signed in, so that a replay finds its session.
    request_code bytea CONSTRAINT session_request_unique UNIQUE,
    create_time timestamptz NOT NULL,
    refresh_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL,
    revoke_time timestamptz
)
-- Refreshes change no indexed column: room in the page keeps them heap-only.
WITH (fillfactor = 70);
CREATE INDEX session_of_user ON session (user_id, session_id) WHERE revoke_time IS NULL;
CREATE INDEX session_by_age ON session (create_time);

CREATE TABLE api_key (
    api_key_id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES account,
    display_name text NOT NULL,
    scopes text[] NOT NULL,
    tier text NOT NULL CHECK (tier IN ('free', 'premium', 'enterprise')),
    signature_required boolean NOT NULL,
    -- What is shown of the value.
    prefix text NOT NULL,
    -- SHA-256 of the value's secret, and of the one before.
    secret_hash bytea NOT NULL,
    previous_hash bytea NOT NULL DEFAULT '',
    previous_expire_time timestamptz,
    expire_time timestamptz NOT NULL,
    create_time timestamptz NOT NULL,
    last_use_time timestamptz,
    revoke_time timestamptz
)
WITH (fillfactor = 80);
CREATE INDEX api_key_of_user ON api_key (user_id, api_key_id) WHERE revoke_time IS NULL;

CREATE TABLE signing_key (
    kid text PRIMARY KEY,
    -- The private key, sealed by AES-256-GCM.
    private bytea NOT NULL,
    create_time timestamptz NOT NULL,
    activate_time timestamptz NOT NULL
);

-- Addresses that asked for a message, known or not: the asking takes the same time for both.
CREATE TABLE mail_request (
    mail_request_id uuid PRIMARY KEY DEFAULT uuidv7(),
    -- 1 verify the address, 2 reset the password.
    purpose smallint NOT NULL CHECK (purpose IN (1, 2)),
    email text NOT NULL
);

CREATE TABLE audit_entry (
    audit_entry_id uuid PRIMARY KEY DEFAULT uuidv7(),
    action text NOT NULL,
    actor text NOT NULL,
    subject text NOT NULL,
    address text NOT NULL,
    request_id text NOT NULL,
    details jsonb NOT NULL,
    create_time timestamptz NOT NULL
);
COMMENT ON TABLE audit_entry IS 'append-only: what was done, or tried, to accounts.';
CREATE INDEX audit_entry_by_actor ON audit_entry (actor, audit_entry_id);
CREATE INDEX audit_entry_by_subject ON audit_entry (subject, audit_entry_id);
