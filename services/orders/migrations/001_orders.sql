CREATE TABLE customer_order (
    order_id uuid PRIMARY KEY,
    -- Empty: the id was cancelled before its order came, and stays so.
    customer text NOT NULL CHECK (customer <> '' OR progress = 6),
    currency text NOT NULL,
    -- Amounts are in minor units of the currency.
    shipping bigint NOT NULL CHECK (shipping >= 0),
    total bigint NOT NULL CHECK (total >= 0),
    refunded bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND total),
    payment_id uuid,
    reservation_id uuid,
    origin text NOT NULL,
    -- How far the goods came: 1 placed, 2 paid, 3 fulfilled, 4 shipped, 5 delivered, 6 cancelled.
    progress smallint NOT NULL CHECK (progress BETWEEN 1 AND 6),
    -- Money goes back only of what was paid.
    CHECK (refunded = 0 OR progress BETWEEN 2 AND 5),
    -- What callers see: 7 refunded, 8 partially refunded.
    state smallint NOT NULL GENERATED ALWAYS AS (
        CASE WHEN refunded = 0 THEN progress WHEN refunded = total THEN 7 ELSE 8 END
    ) STORED,
    tracking_code text NOT NULL DEFAULT '',
    version bigint NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
)
WITH (fillfactor = 80);
CREATE INDEX customer_order_newest ON customer_order (create_time, order_id);
CREATE INDEX customer_order_by_customer ON customer_order (customer, create_time, order_id);
CREATE INDEX customer_order_by_payment ON customer_order (payment_id) WHERE payment_id IS NOT NULL;

CREATE TABLE order_line (
    order_id uuid NOT NULL,
    place smallint NOT NULL,
    product_id text NOT NULL,
    display_name text NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    discount bigint NOT NULL CHECK (discount BETWEEN 0 AND quantity * unit_price),
    PRIMARY KEY (order_id, place)
);

CREATE TABLE order_move (
    order_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    action smallint NOT NULL CHECK (action BETWEEN 1 AND 7),
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 8),
    refund bigint NOT NULL CHECK (refund >= 0),
    reason text NOT NULL,
    actor text NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (order_id, number)
);
COMMENT ON TABLE order_move IS 'append-only: the history.';
