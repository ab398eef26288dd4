-- Orders, their lines and their history.

-- name: insert_order
-- With its lines. Returns nothing when the id is taken, by an order or by one that was cancelled in advance.
WITH placed AS (
    INSERT INTO customer_order (
        order_id, customer, currency, shipping, total, payment_id, reservation_id, origin, progress, version,
        create_time, update_time)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
    ON CONFLICT DO NOTHING
    RETURNING order_id
),
lined AS (
    INSERT INTO order_line (order_id, place, product_id, display_name, quantity, unit_price, discount)
    SELECT order_id, place, product_id, display_name, quantity, unit_price, discount
    FROM placed
    CROSS JOIN unnest($12::text[], $13::text[], $14::int[], $15::bigint[], $16::bigint[])
        WITH ORDINALITY AS line (product_id, display_name, quantity, unit_price, discount, place)
)
SELECT order_id FROM placed

-- name: insert_move
INSERT INTO order_move (order_id, number, action, state, refund, reason, actor, create_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: get_order
SELECT * FROM customer_order WHERE order_id = $1

-- name: lock_order
SELECT * FROM customer_order WHERE order_id = $1 FOR NO KEY UPDATE

-- name: update_order
UPDATE customer_order
SET progress = $2, payment_id = $3, tracking_code = $4, refunded = $5, version = $6, update_time = $7
WHERE order_id = $1

-- name: lines_of_orders
SELECT * FROM order_line WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, place

-- name: list_orders
-- An empty array of wanted values holds for every row. Ids that were cancelled in advance are no orders.
SELECT * FROM customer_order
WHERE customer <> ''
  AND ($1::timestamptz IS NULL OR (create_time, order_id) < ($1, $2::uuid))
  AND customer = ALL($4::text[]) AND customer <> ALL($5::text[])
  AND state = ALL($6::int[]) AND state <> ALL($7::int[])
  AND progress = ALL($8::int[]) AND progress <> ALL($9::int[])
  AND origin = ALL($10::text[]) AND origin <> ALL($11::text[])
  AND (cardinality($12::text[]) = 0 OR coalesce(payment_id::text = ALL($12), false))
  AND coalesce(payment_id::text <> ALL($13::text[]), true)
ORDER BY create_time DESC, order_id DESC
LIMIT $3

-- name: list_moves
SELECT order_move.*, currency
FROM order_move JOIN customer_order USING (order_id)
WHERE order_id = $1 AND number > $2
ORDER BY number
LIMIT $3
