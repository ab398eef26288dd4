-- Prices.

-- name: insert_price
INSERT INTO price (price_id, product_id, currency, amount, start_time, end_time, tags, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
RETURNING *

-- name: get_price
SELECT * FROM price WHERE price_id = $1

-- name: lock_price
SELECT * FROM price WHERE price_id = $1 FOR NO KEY UPDATE

-- name: list_prices
-- An empty array of wanted values holds for every row.
SELECT * FROM price
WHERE price_id > $1
  AND product_id = ALL($3::text[]) AND product_id <> ALL($4::text[])
  AND currency = ALL($5::text[]) AND currency <> ALL($6::text[])
ORDER BY price_id
LIMIT $2

-- name: update_price
UPDATE price
SET currency = $2, amount = $3, start_time = $4, end_time = $5, tags = $6, version = version + 1, update_time = $7
WHERE price_id = $1
RETURNING *
