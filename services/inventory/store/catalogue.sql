-- Products and warehouses.

-- name: insert_product
INSERT INTO product (
    product_id, sku, display_name, description, category, min_stock_level, max_stock_level, labels,
    create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
RETURNING *

-- name: get_product
SELECT * FROM product WHERE product_id = $1

-- name: lock_product
SELECT * FROM product WHERE product_id = $1 FOR NO KEY UPDATE

-- name: list_products
-- An empty array of wanted values holds for every row.
SELECT * FROM product
WHERE product_id > $1
  AND category = ALL($3::text[]) AND category <> ALL($4::text[])
  AND sku = ALL($5::text[]) AND sku <> ALL($6::text[])
  AND display_name = ALL($7::text[]) AND display_name <> ALL($8::text[])
  AND labels @> $9::jsonb
  AND NOT EXISTS (
      SELECT FROM unnest($10::text[], $11::text[]) AS unwanted (key, value)
      WHERE labels ->> unwanted.key = unwanted.value)
  AND ($12 = '' OR words @@ websearch_to_tsquery('english', $12))
ORDER BY product_id
LIMIT $2

-- name: update_product
UPDATE product
SET sku = $2, display_name = $3, description = $4, category = $5, min_stock_level = $6, max_stock_level = $7,
    labels = $8, version = version + 1, update_time = $9
WHERE product_id = $1
RETURNING *

-- name: insert_warehouse
INSERT INTO warehouse (warehouse_id, display_name, location, allocation_rank, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $5)
RETURNING *

-- name: get_warehouse
SELECT * FROM warehouse WHERE warehouse_id = $1

-- name: lock_warehouse
SELECT * FROM warehouse WHERE warehouse_id = $1 FOR NO KEY UPDATE

-- name: list_warehouses
SELECT * FROM warehouse WHERE warehouse_id > $1 ORDER BY warehouse_id LIMIT $2

-- name: update_warehouse
UPDATE warehouse
SET display_name = $2, location = $3, allocation_rank = $4, version = version + 1, update_time = $5
WHERE warehouse_id = $1
RETURNING *
