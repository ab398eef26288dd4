-- Carts.

-- name: insert_cart
INSERT INTO cart (
    cart_id, owner, currency, rounding, stock_hold, create_time,
    products, quantities, line_times, coupons, shipping_product, state, merged_into, checkout,
    quote, quoted, version, expire_time, abandon_time, update_time, reservation_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)

-- name: get_cart
SELECT * FROM cart WHERE cart_id = $1

-- name: lock_carts
-- In the order of their ids, so that two that want the same wait for one another, and not each for the other.
SELECT * FROM cart WHERE cart_id = ANY($1::uuid[]) ORDER BY cart_id FOR NO KEY UPDATE

-- name: list_carts
-- An open cart is expired from its expire time on, whether or not the sweep has been there.
SELECT cart.*
FROM cart
CROSS JOIN LATERAL (SELECT CASE WHEN state = 1 AND expire_time <= $4 THEN 5 ELSE state END) AS seen (as_state)
WHERE owner = $1 AND ($2::uuid IS NULL OR cart_id < $2)
  AND as_state = ALL($5::int[]) AND as_state <> ALL($6::int[])
ORDER BY cart_id DESC
LIMIT $3

-- name: update_cart
UPDATE cart
SET products = $2, quantities = $3, line_times = $4, coupons = $5, shipping_product = $6, state = $7, merged_into = $8,
    checkout = $9, quote = $10, quoted = $11, version = $12, expire_time = $13, abandon_time = $14, update_time = $15,
    reservation_id = $16
WHERE cart_id = $1

-- name: keep_merge
UPDATE cart SET merge_answer = $2 WHERE cart_id = $1

-- name: merge_of
SELECT merge_answer FROM cart WHERE cart_id = $1 AND merged_into = $2

-- name: carts_to_expire
SELECT * FROM cart WHERE state = 1 AND expire_time <= $1 ORDER BY expire_time LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED

-- name: carts_to_abandon
SELECT * FROM cart
WHERE state = 1 AND abandon_time <= $1 AND expire_time > $1
ORDER BY abandon_time
LIMIT $2
FOR NO KEY UPDATE SKIP LOCKED
