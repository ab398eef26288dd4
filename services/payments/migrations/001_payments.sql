CREATE TABLE payment (
    payment_id uuid PRIMARY KEY,
    -- Empty: the id was voided before its payment came, and stays so.
    customer text NOT NULL CHECK (customer <> '' OR state = 4),
    reference text NOT NULL,
    currency text NOT NULL,
    -- Amounts are in minor units of the currency. The checks are the last word: no defect above them can take more than
    -- is held, or give back more than was taken.
    amount bigint NOT NULL CHECK (amount >= 0),
    captured bigint NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    refunded bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND captured),
    -- The provider's token for the means of payment; card data has no place.
    method text NOT NULL,
    -- 1 pending, 2 authorized, 3 declined, 4 voided, 5 captured, 6 partially refunded, 7 refunded.
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 7),
    decline_code text NOT NULL DEFAULT '',
    charge text NOT NULL DEFAULT '',
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
)
WITH (fillfactor = 70);
CREATE INDEX payment_newest ON payment (create_time, payment_id);
CREATE INDEX payment_by_customer ON payment (customer, create_time, payment_id);
CREATE INDEX payment_by_reference ON payment (reference) WHERE reference <> '';

-- What was asked of the provider; the id is the idempotency key there.
CREATE TABLE operation (
    operation_id uuid PRIMARY KEY,
    payment_id uuid NOT NULL,
    -- 1 authorize, 2 capture, 3 void, 4 refund.
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    amount bigint NOT NULL CHECK (amount > 0),
    actor text NOT NULL,
    -- Knows the call that began it from others of the same actor.
    key text NOT NULL,
    reason text NOT NULL,
    -- 1 pending, 2 succeeded, 3 failed.
    stage smallint NOT NULL DEFAULT 1 CHECK (stage BETWEEN 1 AND 3),
    failure_code text NOT NULL DEFAULT '',
    provider_reference text NOT NULL DEFAULT '',
    create_time timestamptz NOT NULL,
    settle_time timestamptz CHECK ((settle_time IS NULL) = (stage = 1)),
    -- How often the provider was asked in vain, and when it is asked again.
    attempts int NOT NULL DEFAULT 0,
    next_try_time timestamptz NOT NULL
)
WITH (fillfactor = 70);
CREATE INDEX operation_by_payment ON operation (payment_id, operation_id);
CREATE INDEX operation_to_settle ON operation (next_try_time) WHERE stage = 1;
CREATE INDEX operation_settled ON operation (settle_time) WHERE stage = 2 AND kind IN (2, 4);
-- One capture a payment, whatever the code above thinks.
CREATE UNIQUE INDEX operation_one_capture ON operation (payment_id) WHERE kind = 2 AND stage <> 3;

CREATE TABLE ledger_entry (
    entry_id uuid PRIMARY KEY DEFAULT uuidv7(),
    payment_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    -- 1 customers, 2 held, 3 provider.
    credit_account smallint NOT NULL CHECK (credit_account BETWEEN 1 AND 3),
    debit_account smallint NOT NULL CHECK (debit_account BETWEEN 1 AND 3),
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    create_time timestamptz NOT NULL,
    -- An operation is booked once.
    CONSTRAINT ledger_entry_once UNIQUE (operation_id, credit_account, debit_account),
    CHECK (credit_account <> debit_account)
);
CREATE INDEX ledger_entry_by_payment ON ledger_entry (payment_id, entry_id);
COMMENT ON TABLE ledger_entry IS 'append-only: the ledger. Every row is balanced by itself, so all accounts sum to zero.';

-- What a provider told of an operation against what it had told of it first, which counted.
CREATE TABLE contradiction (
    operation_id uuid NOT NULL,
    succeeded boolean NOT NULL,
    failure_code text NOT NULL,
    provider_reference text NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (operation_id, succeeded)
);
CREATE INDEX contradiction_by_age ON contradiction (create_time);
COMMENT ON TABLE contradiction IS 'append-only: what was told stays told.';

-- Events of the provider's that were taken, so that a replay changes nothing.
CREATE TABLE webhook_receipt (
    webhook_id text PRIMARY KEY,
    create_time timestamptz NOT NULL
);
CREATE INDEX webhook_receipt_by_age ON webhook_receipt USING brin (create_time);
