-- Reads of levels and the ledger, and repair.

-- name: read_levels
-- What expired holds still hold counts as available: the sweep only tidies.
SELECT
    level.product_id, level.warehouse_id,
    level.available + lapsed.quantity AS available,
    level.reserved - lapsed.quantity AS reserved,
    level.in_transit, level.damaged, level.min_override, level.max_override, level.count_time, level.severity,
    level.update_time, product.min_stock_level AS product_min, warehouse.allocation_rank
FROM stock_level AS level
JOIN product USING (product_id)
JOIN warehouse USING (warehouse_id)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(line.quantity), 0)::int AS quantity
    FROM reservation_line AS line
    WHERE line.open AND line.product_id = level.product_id AND line.warehouse_id = level.warehouse_id
      AND line.expire_time <= $2
) AS lapsed
WHERE level.product_id = $1
ORDER BY level.warehouse_id

-- name: list_levels
SELECT
    level.product_id, level.warehouse_id,
    level.available + lapsed.quantity AS available,
    level.reserved - lapsed.quantity AS reserved,
    level.in_transit, level.damaged, level.min_override, level.max_override, level.count_time, level.severity,
    level.update_time, product.min_stock_level AS product_min, warehouse.allocation_rank
FROM stock_level AS level
JOIN product USING (product_id)
JOIN warehouse USING (warehouse_id)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(line.quantity), 0)::int AS quantity
    FROM reservation_line AS line
    WHERE line.open AND line.product_id = level.product_id AND line.warehouse_id = level.warehouse_id
      AND line.expire_time <= $1
) AS lapsed
WHERE (level.product_id, level.warehouse_id) > ($2, $3)
  AND ($5 = '' OR level.product_id = $5)
  AND level.warehouse_id = ALL($6::text[]) AND level.warehouse_id <> ALL($7::text[])
  AND level.available + lapsed.quantity BETWEEN $8 AND $9
  AND level.available + lapsed.quantity <> ALL($10::int[])
  AND level.available + level.reserved BETWEEN $11 AND $12
  AND level.available + level.reserved <> ALL($13::int[])
  AND level.reserved - lapsed.quantity BETWEEN $14 AND $15
  AND level.reserved - lapsed.quantity <> ALL($16::int[])
ORDER BY level.product_id, level.warehouse_id
LIMIT $4

-- name: levels_at
-- Time travel: what the ledger came to at an instant. Thresholds are not in the ledger and read as absent.
-- The expiry of a hold is booked at the instant of the expiry, whenever it is tidied; what is not tidied yet is added.
WITH side AS (
    SELECT destination_warehouse AS warehouse_id, destination_account AS account, quantity, create_time
    FROM stock_movement WHERE product_id = $1 AND create_time <= $2
    UNION ALL
    SELECT source_warehouse, source_account, -quantity, create_time
    FROM stock_movement WHERE product_id = $1 AND create_time <= $2
    UNION ALL
    SELECT line.warehouse_id, flow.account, flow.sign * line.quantity, line.expire_time
    FROM reservation_line AS line CROSS JOIN (VALUES (2, 1), (3, -1)) AS flow (account, sign)
    WHERE line.open AND line.product_id = $1 AND line.expire_time <= $2
)
SELECT
    $1::text AS product_id, warehouse_id,
    coalesce(sum(quantity) FILTER (WHERE account = 2), 0)::int AS available,
    coalesce(sum(quantity) FILTER (WHERE account = 3), 0)::int AS reserved,
    coalesce(sum(quantity) FILTER (WHERE account = 4), 0)::int AS in_transit,
    coalesce(sum(quantity) FILTER (WHERE account = 5), 0)::int AS damaged,
    NULL::int AS min_override, NULL::int AS max_override, NULL::timestamptz AS count_time, NULL::smallint AS severity,
    max(create_time) AS update_time, 0 AS product_min, 0 AS allocation_rank
FROM side
GROUP BY warehouse_id
ORDER BY warehouse_id

-- name: product_exists
SELECT EXISTS (SELECT FROM product WHERE product_id = $1)

-- name: list_movements
SELECT * FROM stock_movement
WHERE product_id = $1 AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3

-- name: drifts
-- The four inside accounts of every level, beside what the ledger comes to.
WITH side AS (
    SELECT product_id, destination_warehouse AS warehouse_id, destination_account AS account, quantity
    FROM stock_movement WHERE $1 = '' OR product_id = $1
    UNION ALL
    SELECT product_id, source_warehouse, source_account, -quantity
    FROM stock_movement WHERE $1 = '' OR product_id = $1
),
ledger AS (
    SELECT product_id, warehouse_id, account, sum(quantity)::int AS quantity
    FROM side WHERE account BETWEEN 2 AND 5
    GROUP BY product_id, warehouse_id, account
),
projected AS (
    SELECT product_id, warehouse_id, account, quantity
    FROM stock_level
    CROSS JOIN LATERAL (VALUES (2, available), (3, reserved), (4, in_transit), (5, damaged)) AS held (account, quantity)
    WHERE $1 = '' OR product_id = $1
)
SELECT
    product_id, warehouse_id, account,
    coalesce(projected.quantity, 0) AS level_quantity,
    coalesce(ledger.quantity, 0) AS ledger_quantity
FROM projected FULL JOIN ledger USING (product_id, warehouse_id, account)
WHERE coalesce(projected.quantity, 0) <> coalesce(ledger.quantity, 0)
ORDER BY product_id, warehouse_id, account
LIMIT 1000

-- name: count_levels
SELECT count(*)::int FROM stock_level WHERE $1 = '' OR product_id = $1

-- name: repair_levels
-- Sets each account that differs to what the ledger comes to. The levels are locked by the caller.
UPDATE stock_level
SET available = coalesce(new.available, stock_level.available),
    reserved = coalesce(new.reserved, stock_level.reserved),
    in_transit = coalesce(new.in_transit, stock_level.in_transit),
    damaged = coalesce(new.damaged, stock_level.damaged),
    update_time = $7
FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[], $6::int[])
    AS new (product_id, warehouse_id, available, reserved, in_transit, damaged)
WHERE stock_level.product_id = new.product_id AND stock_level.warehouse_id = new.warehouse_id
