-- Checkouts.

-- name: abandon_checkout
INSERT INTO abandoned_checkout (checkout_id, cart_id, create_time) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: is_abandoned
SELECT EXISTS (SELECT FROM abandoned_checkout WHERE checkout_id = $1)
