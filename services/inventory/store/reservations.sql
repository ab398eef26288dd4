-- Reads of reservations.

-- name: get_reservation
SELECT reservation_id, order_name, state, expire_time, create_time, update_time
FROM reservation
WHERE reservation_id = $1

-- name: list_reservations
-- A hold that ran out is expired, whether or not the sweep has been there.
SELECT reservation_id, order_name, state, expire_time, create_time, update_time
FROM reservation
CROSS JOIN LATERAL (SELECT CASE WHEN state = 1 AND expire_time <= $3 THEN 4 ELSE state END) AS seen (as_state)
WHERE ($1::uuid IS NULL OR reservation_id < $1)
  AND order_name = ALL($4::text[]) AND order_name <> ALL($5::text[])
  AND as_state = ALL($6::int[]) AND as_state <> ALL($7::int[])
ORDER BY reservation_id DESC
LIMIT $2

-- name: lines_of_reservations
SELECT reservation_id, product_id, warehouse_id, quantity, confirmed, open
FROM reservation_line
WHERE reservation_id = ANY($1::uuid[])
ORDER BY reservation_id, product_id, warehouse_id

-- name: expired_reservations
SELECT reservation_id FROM reservation WHERE state = 1 AND expire_time <= $1 ORDER BY expire_time LIMIT $2
