-- What the peers of inventory write: the rows that inventory writes, in its tables.

-- name: take
UPDATE stock_level
SET available = available - $3, reserved = reserved + $3, update_time = $4
WHERE product_id = $1 AND warehouse_id = $2 AND available >= $3
RETURNING true

-- name: record
WITH reservation AS (
    INSERT INTO reservation (reservation_id, order_name, state, expire_time, create_time, update_time)
    VALUES ($1, $2, 1, $3, $4, $4)
),
line AS (
    INSERT INTO reservation_line (reservation_id, product_id, warehouse_id, quantity, expire_time)
    SELECT $1, product_id, warehouse_id, quantity, $3
    FROM unnest($5::text[], $6::text[], $7::int[]) AS line (product_id, warehouse_id, quantity)
),
movement AS (
    INSERT INTO stock_movement (product_id, source_warehouse, source_account, destination_warehouse,
                                destination_account, quantity, operation, reason, document, note, actor, create_time)
    SELECT product_id, warehouse_id, 2, warehouse_id, 3, quantity, 'reserve', 0, $8, '', $9, $4
    FROM unnest($5::text[], $6::text[], $7::int[]) AS line (product_id, warehouse_id, quantity)
),
event AS (
    INSERT INTO outbox (topic, key, payload) VALUES ('mesh.inventory.v1.ReservationCreated', $8, $13)
)
INSERT INTO remembered_reply (method, caller, key, digest, reply) VALUES ($10, $9, $11, $12, $13)

-- name: reserve
-- All of the above in one statement, for a reservation of one line.
WITH taken AS (
    UPDATE stock_level
    SET available = available - $7, reserved = reserved + $7, update_time = $4
    WHERE product_id = $5 AND warehouse_id = $6 AND available >= $7
    RETURNING product_id, warehouse_id
),
reservation AS (
    INSERT INTO reservation (reservation_id, order_name, state, expire_time, create_time, update_time)
    SELECT $1, $2, 1, $3, $4, $4 FROM taken
),
line AS (
    INSERT INTO reservation_line (reservation_id, product_id, warehouse_id, quantity, expire_time)
    SELECT $1, product_id, warehouse_id, $7, $3 FROM taken
),
movement AS (
    INSERT INTO stock_movement (product_id, source_warehouse, source_account, destination_warehouse,
                                destination_account, quantity, operation, reason, document, note, actor, create_time)
    SELECT product_id, warehouse_id, 2, warehouse_id, 3, $7, 'reserve', 0, $8, '', $9, $4 FROM taken
),
event AS (
    INSERT INTO outbox (topic, key, payload) SELECT 'mesh.inventory.v1.ReservationCreated', $8, $14 FROM taken
),
remembered AS (
    INSERT INTO remembered_reply (method, caller, key, digest, reply) SELECT $10, $9, $11, $12, $13 FROM taken
)
SELECT count(*) FROM taken

-- name: replay
SELECT digest, reply FROM remembered_reply WHERE method = $1 AND caller = $2 AND key = $3
