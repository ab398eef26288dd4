-- Redemptions: held, made, given back. A call locks its hold, then its promotions in the order of their ids, then its
-- coupons: no two calls wait each for the other.

-- name: one_at_a_time
-- Calls about a hold that does not exist yet have no row to wait for.
SELECT pg_advisory_xact_lock(hashtextextended('coupon_hold ' || $1, 0))

-- name: lock_hold
SELECT * FROM coupon_hold WHERE hold_id = $1 FOR NO KEY UPDATE

-- name: get_hold
SELECT * FROM coupon_hold WHERE hold_id = $1

-- name: lock_promotions
SELECT * FROM promotion WHERE promotion_id = ANY($1::text[]) ORDER BY promotion_id FOR NO KEY UPDATE

-- name: lock_coupons
SELECT * FROM coupon WHERE code = ANY($1::text[]) ORDER BY code FOR NO KEY UPDATE

-- name: uses_of_customer_by_promotion
SELECT promotion_id, used FROM customer_use WHERE customer = $1 AND promotion_id = ANY($2::text[])

-- name: save_hold
INSERT INTO coupon_hold (hold_id, customer, promotions, coupons, state, expire_time, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (hold_id) DO UPDATE SET state = excluded.state, update_time = excluded.update_time

-- name: expire_hold
UPDATE coupon_hold SET state = 4, update_time = $2 WHERE hold_id = $1

-- name: lapsed_holds
-- Those that ran out, of some promotions or of all, before anything else may lock them.
SELECT * FROM coupon_hold
WHERE state = 1 AND expire_time <= $1 AND ($2::text[] IS NULL OR promotions && $2)
ORDER BY expire_time
LIMIT $3
FOR NO KEY UPDATE SKIP LOCKED

-- name: count_promotions
UPDATE promotion
SET used = used + change
FROM unnest($1::text[], $2::int[]) AS counted (id, change)
WHERE promotion_id = id

-- name: count_coupons
UPDATE coupon
SET used = used + change
FROM unnest($1::text[], $2::int[]) AS counted (id, change)
WHERE code = id

-- name: know_customer
INSERT INTO customer_use (promotion_id, customer, used)
SELECT id, $2, 0 FROM unnest($1::text[]) AS counted (id)
ON CONFLICT DO NOTHING

-- name: count_customer
UPDATE customer_use
SET used = used + change
FROM unnest($1::text[], $2::int[]) AS counted (id, change)
WHERE promotion_id = id AND customer = $3
