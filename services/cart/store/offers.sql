-- What bears on the price of a cart.

-- name: prices_of_products
SELECT * FROM price WHERE product_id = ANY($1::text[])

-- name: all_promotions
SELECT * FROM promotion

-- name: coupons_of_codes
SELECT coupon.*
FROM unnest($1::text[]) WITH ORDINALITY AS applied (code, place)
JOIN coupon USING (code)
ORDER BY place

-- name: uses_of_customer
SELECT promotion_id, used FROM customer_use WHERE customer = $1
