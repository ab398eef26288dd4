-- Promotions and coupons.

-- name: insert_promotion
INSERT INTO promotion (promotion_id, promotion_group, redemption_limit, content, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $5)
RETURNING *

-- name: get_promotion
SELECT * FROM promotion WHERE promotion_id = $1

-- name: lock_promotion
SELECT * FROM promotion WHERE promotion_id = $1 FOR NO KEY UPDATE

-- name: list_promotions
SELECT * FROM promotion
WHERE promotion_id > $1 AND promotion_group = ALL($3::text[]) AND promotion_group <> ALL($4::text[])
ORDER BY promotion_id
LIMIT $2

-- name: update_promotion
UPDATE promotion
SET promotion_group = $2, redemption_limit = $3, content = $4, version = version + 1, update_time = $5
WHERE promotion_id = $1
RETURNING *

-- name: insert_coupon
INSERT INTO coupon (code, promotion_id, redemption_limit, expire_time, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $5)
RETURNING *

-- name: get_coupon
SELECT * FROM coupon WHERE code = $1

-- name: lock_coupon
SELECT * FROM coupon WHERE code = $1 FOR NO KEY UPDATE

-- name: list_coupons
SELECT * FROM coupon
WHERE code > $1 AND promotion_id = ALL($3::text[]) AND promotion_id <> ALL($4::text[])
ORDER BY code
LIMIT $2

-- name: update_coupon
UPDATE coupon
SET redemption_limit = $2, expire_time = $3, version = version + 1, update_time = $4
WHERE code = $1
RETURNING *
