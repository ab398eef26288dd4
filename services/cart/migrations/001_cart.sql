CREATE TABLE price (
    price_id text PRIMARY KEY,
    product_id text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- Of one unit, in the smallest steps of the currency.
    amount bigint NOT NULL CHECK (amount >= 0),
    start_time timestamptz,
    end_time timestamptz CHECK (end_time > start_time),
    tags text[] NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
);
CREATE INDEX price_by_product ON price (product_id, currency);

CREATE TABLE promotion (
    promotion_id text PRIMARY KEY,
    promotion_group text NOT NULL,
    redemption_limit int NOT NULL CHECK (redemption_limit >= 0),
    -- How often it is held or redeemed: of rows of coupon_hold. Not checked against the limit, which may be lowered.
    used int NOT NULL DEFAULT 0 CHECK (used >= 0),
    -- A mesh.cart.v1.Promotion: what it is, without what stands in the columns.
    content bytea NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
)
-- Counted all the time: room in the page keeps updates heap-only.
WITH (fillfactor = 50);

CREATE TABLE coupon (
    code text PRIMARY KEY,
    promotion_id text NOT NULL REFERENCES promotion,
    redemption_limit int NOT NULL CHECK (redemption_limit >= 0),
    used int NOT NULL DEFAULT 0 CHECK (used >= 0),
    expire_time timestamptz,
    version bigint NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
)
WITH (fillfactor = 50);
CREATE INDEX coupon_by_promotion ON coupon (promotion_id, code);

-- How often a customer holds or redeemed a promotion.
CREATE TABLE customer_use (
    promotion_id text NOT NULL,
    customer text NOT NULL,
    used int NOT NULL CHECK (used >= 0),
    PRIMARY KEY (promotion_id, customer)
);

CREATE TABLE coupon_hold (
    hold_id uuid PRIMARY KEY,
    customer text NOT NULL,
    promotions text[] NOT NULL,
    -- Empty where the promotion needs none.
    coupons text[] NOT NULL CHECK (cardinality(coupons) = cardinality(promotions)),
    -- 1 held, 2 redeemed, 3 released, 4 expired. Those held and redeemed count.
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    expire_time timestamptz NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
)
WITH (fillfactor = 80);
CREATE INDEX coupon_hold_to_expire ON coupon_hold (expire_time) WHERE state = 1;
CREATE INDEX coupon_hold_of_promotion ON coupon_hold USING gin (promotions) WHERE state = 1;

-- A cart is read and written as one, so it is one row; its lines are arrays of the same length, in their order.
CREATE TABLE cart (
    cart_id uuid PRIMARY KEY,
    -- Empty for a guest's.
    owner text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    rounding smallint NOT NULL CHECK (rounding IN (1, 2)),
    stock_hold smallint NOT NULL CHECK (stock_hold BETWEEN 1 AND 3),
    products text[] NOT NULL,
    quantities int[] NOT NULL CHECK (0 < ALL (quantities)),
    line_times timestamptz[] NOT NULL,
    coupons text[] NOT NULL,
    shipping_product text NOT NULL,
    -- 1 open, 2 checking out, 3 ordered, 4 merged, 5 expired.
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    merged_into uuid CHECK ((merged_into IS NOT NULL) = (state = 4)),
    -- What became of the lines of a merged cart: the mesh.cart.v1.MergeCartResponse that was answered.
    merge_answer bytea,
    -- Which checkout runs or ran.
    checkout text NOT NULL CHECK (state NOT IN (2, 3) OR checkout <> ''),
    -- Made last for the lines, by a cart that holds stock on adding.
    reservation_id uuid CHECK (reservation_id IS NULL OR stock_hold = 3),
    -- The last mesh.cart.v1.Quote, and whether it is of what is in the cart now.
    quote bytea,
    quoted boolean NOT NULL CHECK (NOT quoted OR quote IS NOT NULL),
    version bigint NOT NULL,
    expire_time timestamptz NOT NULL,
    abandon_time timestamptz,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    CHECK (cardinality(products) = cardinality(quantities) AND cardinality(products) = cardinality(line_times)),
    CHECK (cardinality(products) <= 100 AND cardinality(coupons) <= 10)
)
WITH (fillfactor = 60);
CREATE INDEX cart_of_owner ON cart (owner, cart_id) WHERE owner <> '';
CREATE INDEX cart_to_expire ON cart (expire_time) WHERE state = 1;
CREATE INDEX cart_to_abandon ON cart (abandon_time) WHERE state = 1 AND abandon_time IS NOT NULL;

-- Checkouts that were given up: what of them comes late is refused.
CREATE TABLE abandoned_checkout (
    checkout_id uuid PRIMARY KEY,
    cart_id uuid NOT NULL,
    create_time timestamptz NOT NULL
);
