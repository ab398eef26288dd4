-- How the stock book is loaded under lock, and written.
-- Locks are always taken in the same order, levels by product and warehouse first, so that no two books deadlock.

-- name: products_of_reservations
SELECT DISTINCT product_id FROM reservation_line WHERE reservation_id = ANY($1::uuid[])

-- name: levels_of_transfers
-- Both sides of each line: the source gets the stock back when a transfer is recalled.
SELECT DISTINCT line.product_id, side.warehouse_id
FROM transfer
JOIN transfer_line AS line USING (transfer_id)
CROSS JOIN LATERAL (VALUES (source_warehouse), (destination_warehouse)) AS side (warehouse_id)
WHERE transfer_id = ANY($1::uuid[])

-- name: lock_levels
SELECT
    level.product_id, level.warehouse_id, level.available, level.reserved, level.in_transit, level.damaged,
    level.min_override, level.max_override, level.count_time, level.severity, level.update_time,
    product.min_stock_level AS product_min, warehouse.allocation_rank
FROM stock_level AS level
JOIN product USING (product_id)
JOIN warehouse USING (warehouse_id)
WHERE level.product_id = ANY($1::text[])
ORDER BY level.product_id, level.warehouse_id
FOR NO KEY UPDATE OF level

-- name: known_products
SELECT product_id FROM product WHERE product_id = ANY($1::text[])

-- name: known_warehouses
SELECT warehouse_id FROM warehouse WHERE warehouse_id = ANY($1::text[])

-- name: open_levels
INSERT INTO stock_level (product_id, warehouse_id, update_time)
SELECT product_id, warehouse_id, $3
FROM unnest($1::text[], $2::text[]) AS wanted (product_id, warehouse_id)
JOIN product USING (product_id)
JOIN warehouse USING (warehouse_id)
ORDER BY product_id, warehouse_id
-- Another book may open it first; levels are locked again after this.
ON CONFLICT (product_id, warehouse_id) DO NOTHING
RETURNING product_id, warehouse_id

-- name: close_levels
-- Levels that were opened for commands which then refused.
DELETE FROM stock_level
USING unnest($1::text[], $2::text[]) AS unused (product_id, warehouse_id)
WHERE stock_level.product_id = unused.product_id AND stock_level.warehouse_id = unused.warehouse_id

-- name: lapsed_lines
-- OFFSET 0 keeps this one lookup a product, whatever was known of the table when the plan was made.
SELECT line.*
FROM unnest($1::text[]) AS locked (product_id)
CROSS JOIN LATERAL (
    SELECT reservation_id, product_id, warehouse_id, quantity, confirmed, open, expire_time
    FROM reservation_line
    WHERE open AND product_id = locked.product_id AND expire_time <= $2
    OFFSET 0
) AS line
ORDER BY reservation_id, product_id, warehouse_id

-- name: lock_reservations
SELECT reservation_id, order_name, state, expire_time, create_time, update_time
FROM reservation
WHERE reservation_id = ANY($1::uuid[])
ORDER BY reservation_id
FOR NO KEY UPDATE

-- name: lines_of_reservations
SELECT reservation_id, product_id, warehouse_id, quantity, confirmed, open
FROM reservation_line
WHERE reservation_id = ANY($1::uuid[])
ORDER BY reservation_id, product_id, warehouse_id

-- name: lock_transfers
SELECT transfer_id, source_warehouse, destination_warehouse, state, note, create_time, update_time
FROM transfer
WHERE transfer_id = ANY($1::uuid[])
ORDER BY transfer_id
FOR NO KEY UPDATE

-- name: lines_of_transfers
SELECT transfer_id, product_id, sent, received, damaged, missing
FROM transfer_line
WHERE transfer_id = ANY($1::uuid[])
ORDER BY transfer_id, product_id

-- name: net_since
-- What came on the shelf (accounts 2 and 3) of each level since an instant, less what left it.
SELECT
    asked.place,
    coalesce(sum(quantity) FILTER (
        WHERE destination_warehouse = asked.warehouse_id AND destination_account IN (2, 3)), 0)
    - coalesce(sum(quantity) FILTER (
        WHERE source_warehouse = asked.warehouse_id AND source_account IN (2, 3)), 0) AS net
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) WITH ORDINALITY
    AS asked (product_id, warehouse_id, instant, place)
LEFT JOIN stock_movement AS movement
    ON movement.product_id = asked.product_id AND movement.create_time > asked.instant
GROUP BY asked.place

-- name: save_book
-- Everything that reservations and adjustments write, in one statement.
WITH posted AS (
    INSERT INTO stock_movement (
        product_id, source_warehouse, source_account, destination_warehouse, destination_account,
        quantity, operation, reason, document, note, actor, create_time)
    SELECT *
    FROM unnest($1::text[], $2::text[], $3::smallint[], $4::text[], $5::smallint[], $6::int[],
                $7::text[], $8::smallint[], $9::text[], $10::text[], $11::text[], $12::timestamptz[])
),
reserved AS (
    INSERT INTO reservation (reservation_id, order_name, state, expire_time, create_time, update_time)
    SELECT *
    FROM unnest($24::uuid[], $25::text[], $26::smallint[], $27::timestamptz[], $28::timestamptz[], $29::timestamptz[])
    ON CONFLICT (reservation_id) DO UPDATE
    SET state = excluded.state, expire_time = excluded.expire_time, update_time = excluded.update_time
),
held AS (
    INSERT INTO reservation_line (reservation_id, product_id, warehouse_id, quantity, confirmed, open, expire_time)
    SELECT *
    FROM unnest($30::uuid[], $31::text[], $32::text[], $33::int[], $34::int[], $35::boolean[], $36::timestamptz[])
    ON CONFLICT (reservation_id, product_id, warehouse_id) DO UPDATE
    SET confirmed = excluded.confirmed, open = excluded.open, expire_time = excluded.expire_time
)
UPDATE stock_level
SET available = new.available,
    reserved = new.reserved,
    in_transit = new.in_transit,
    damaged = new.damaged,
    min_override = new.min_override,
    max_override = new.max_override,
    count_time = new.count_time,
    severity = new.severity,
    update_time = $23
FROM unnest($13::text[], $14::text[], $15::int[], $16::int[], $17::int[], $18::int[],
            $19::int[], $20::int[], $21::timestamptz[], $22::smallint[])
    AS new (product_id, warehouse_id, available, reserved, in_transit, damaged,
            min_override, max_override, count_time, severity)
WHERE stock_level.product_id = new.product_id AND stock_level.warehouse_id = new.warehouse_id

-- name: close_lines
UPDATE reservation_line
SET open = false
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS lapsed (reservation_id, product_id, warehouse_id)
WHERE reservation_line.reservation_id = lapsed.reservation_id
  AND reservation_line.product_id = lapsed.product_id
  AND reservation_line.warehouse_id = lapsed.warehouse_id

-- name: save_transfers
WITH saved AS (
    INSERT INTO transfer (
        transfer_id, source_warehouse, destination_warehouse, state, note, create_time, update_time)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::text[],
                         $6::timestamptz[], $7::timestamptz[])
    ON CONFLICT (transfer_id) DO UPDATE SET state = excluded.state, update_time = excluded.update_time
)
INSERT INTO transfer_line (transfer_id, product_id, sent, received, damaged, missing)
SELECT * FROM unnest($8::uuid[], $9::text[], $10::int[], $11::int[], $12::int[], $13::int[])
ON CONFLICT (transfer_id, product_id) DO UPDATE
SET received = excluded.received, damaged = excluded.damaged, missing = excluded.missing

-- name: raise_alert
-- Opens an alert, or makes the open one worse: then it needs somebody's eyes again.
INSERT INTO stock_alert AS alert (
    product_id, warehouse_id, severity, state, available, min_stock_level, create_time, update_time)
VALUES ($1, $2, $3, 1, $4, $5, $6, $6)
ON CONFLICT (product_id, warehouse_id) WHERE state <> 4 DO UPDATE
SET severity = excluded.severity, state = 1, snooze_until = NULL, available = excluded.available,
    min_stock_level = excluded.min_stock_level, update_time = excluded.update_time
RETURNING *

-- name: better_alert
-- Null severity: stock recovered and the alert is over.
UPDATE stock_alert
SET severity = coalesce($3::smallint, severity),
    state = CASE WHEN $3::smallint IS NULL THEN 4 ELSE state END,
    snooze_until = CASE WHEN $3::smallint IS NULL THEN NULL ELSE snooze_until END,
    actor = CASE WHEN $3::smallint IS NULL THEN '' ELSE actor END,
    update_time = $4
WHERE product_id = $1 AND warehouse_id = $2 AND state <> 4
RETURNING *
