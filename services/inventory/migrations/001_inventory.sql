CREATE TABLE product (
    product_id text PRIMARY KEY,
    sku text NOT NULL CONSTRAINT product_sku_unique UNIQUE,
    display_name text NOT NULL,
    description text NOT NULL,
    category text NOT NULL,
    min_stock_level int NOT NULL CHECK (min_stock_level >= 0),
    max_stock_level int NOT NULL CHECK (max_stock_level = 0 OR max_stock_level >= min_stock_level),
    labels jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    words tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', display_name), 'A')
        || setweight(to_tsvector('english', category), 'B')
        || setweight(to_tsvector('english', description), 'C')
    ) STORED
);
CREATE INDEX product_by_words ON product USING gin (words);
CREATE INDEX product_by_labels ON product USING gin (labels jsonb_path_ops);
CREATE INDEX product_by_category ON product (category, product_id);

CREATE TABLE warehouse (
    warehouse_id text PRIMARY KEY,
    display_name text NOT NULL,
    location text NOT NULL,
    allocation_rank int NOT NULL CHECK (allocation_rank BETWEEN 0 AND 1000),
    version bigint NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
);

-- What the ledger comes to. The checks are the last word: no defect above them can oversell.
CREATE TABLE stock_level (
    product_id text NOT NULL REFERENCES product,
    warehouse_id text NOT NULL REFERENCES warehouse,
    available int NOT NULL DEFAULT 0 CHECK (available >= 0),
    reserved int NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    in_transit int NOT NULL DEFAULT 0 CHECK (in_transit >= 0),
    damaged int NOT NULL DEFAULT 0 CHECK (damaged >= 0),
    min_override int CHECK (min_override >= 0),
    max_override int CHECK (max_override >= 0),
    -- The newest count that was booked; older ones are refused.
    count_time timestamptz,
    -- The severity of the alert that is up: 1 warning, 2 critical, null none.
    severity smallint CHECK (severity IN (1, 2)),
    update_time timestamptz NOT NULL,
    PRIMARY KEY (product_id, warehouse_id)
)
-- Levels are updated all the time and no index covers what changes: room in the page keeps updates heap-only.
WITH (fillfactor = 50);

CREATE TABLE stock_movement (
    product_id text NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    source_warehouse text NOT NULL,
    source_account smallint NOT NULL CHECK (source_account BETWEEN 1 AND 7),
    destination_warehouse text NOT NULL,
    destination_account smallint NOT NULL CHECK (destination_account BETWEEN 1 AND 7),
    quantity int NOT NULL CHECK (quantity > 0),
    operation text NOT NULL,
    reason smallint NOT NULL,
    document text NOT NULL,
    note text NOT NULL,
    actor text NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (product_id, id),
    CHECK ((source_warehouse, source_account) <> (destination_warehouse, destination_account))
);
COMMENT ON TABLE stock_movement IS 'append-only: the ledger. Every row is balanced by itself, so all accounts sum to zero.';

CREATE TABLE reservation (
    reservation_id uuid PRIMARY KEY,
    order_name text NOT NULL,
    -- 1 held, 2 confirmed, 3 cancelled, 4 expired.
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    expire_time timestamptz NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
)
WITH (fillfactor = 80);
CREATE INDEX reservation_by_order ON reservation (order_name, reservation_id) WHERE order_name <> '';
CREATE INDEX reservation_to_expire ON reservation (expire_time) WHERE state = 1;

CREATE TABLE reservation_line (
    reservation_id uuid NOT NULL,
    product_id text NOT NULL,
    warehouse_id text NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    confirmed int NOT NULL DEFAULT 0 CHECK (confirmed BETWEEN 0 AND quantity),
    -- Whether the line still holds its quantity, and until when: a copy of the reservation's, to find what lapsed by
    -- product alone.
    open boolean NOT NULL DEFAULT true,
    expire_time timestamptz NOT NULL,
    PRIMARY KEY (reservation_id, product_id, warehouse_id)
)
WITH (fillfactor = 80);
CREATE INDEX reservation_line_to_lapse ON reservation_line (product_id, expire_time) WHERE open;

CREATE TABLE transfer (
    transfer_id uuid PRIMARY KEY,
    source_warehouse text NOT NULL,
    destination_warehouse text NOT NULL CHECK (destination_warehouse <> source_warehouse),
    -- 1 in transit, 2 partially received, 3 received, 4 cancelled.
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    note text NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
);

CREATE TABLE transfer_line (
    transfer_id uuid NOT NULL,
    product_id text NOT NULL,
    sent int NOT NULL CHECK (sent > 0),
    received int NOT NULL DEFAULT 0 CHECK (received >= 0),
    damaged int NOT NULL DEFAULT 0 CHECK (damaged >= 0),
    missing int NOT NULL DEFAULT 0 CHECK (missing >= 0),
    PRIMARY KEY (transfer_id, product_id),
    CHECK (received + damaged + missing <= sent)
);

CREATE TABLE stock_alert (
    alert_id uuid PRIMARY KEY DEFAULT uuidv7(),
    product_id text NOT NULL,
    warehouse_id text NOT NULL,
    severity smallint NOT NULL CHECK (severity IN (1, 2)),
    -- 1 active, 2 acknowledged, 3 snoozed, 4 resolved.
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    available int NOT NULL,
    min_stock_level int NOT NULL,
    snooze_until timestamptz CHECK ((snooze_until IS NOT NULL) = (state = 3)),
    actor text NOT NULL DEFAULT '',
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
);
CREATE UNIQUE INDEX stock_alert_open ON stock_alert (product_id, warehouse_id) WHERE state <> 4;
