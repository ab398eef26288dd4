-- name: counts
-- What every service says was sold.
SELECT
    (SELECT count(*) FROM orders.customer_order WHERE state = 2) AS orders,
    (SELECT count(*) FROM cart.cart WHERE state = 3) AS carts,
    (SELECT sum($1::bigint - available - reserved)::bigint FROM inventory.stock_level) AS units
