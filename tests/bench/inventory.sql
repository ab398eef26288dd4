-- name: seed
-- One warehouse, and products that do not run out; the ledger says where the stock came from.
WITH warehouse AS (
    INSERT INTO warehouse (warehouse_id, display_name, location, allocation_rank, create_time, update_time)
    VALUES ('main', 'Main', '', 0, now(), now())
    RETURNING warehouse_id
),
product AS (
    INSERT INTO product (product_id, sku, display_name, description, category, min_stock_level, max_stock_level,
                         labels, create_time, update_time)
    SELECT id, upper(id), id, '', 'bench', 0, 0, '{}', now(), now() FROM unnest($1::text[]) AS id
    RETURNING product_id
),
movement AS (
    INSERT INTO stock_movement (product_id, source_warehouse, source_account, destination_warehouse,
                                destination_account, quantity, operation, reason, document, note, actor, create_time)
    SELECT product_id, 'main', 1, 'main', 2, $2, 'adjust', 1, '', '', 'bench', now() FROM product
)
INSERT INTO stock_level (product_id, warehouse_id, available, update_time)
SELECT product_id, warehouse_id, $2, now() FROM product, warehouse

-- name: tidy
VACUUM ANALYZE

-- name: counts
-- Every way to count the reservations that are stored. All must agree, and nothing may be sold twice.
SELECT
    (SELECT count(*) FROM reservation) AS reservations,
    (SELECT sum(quantity) FROM reservation_line WHERE open) AS held,
    (SELECT sum(quantity) FROM stock_movement WHERE operation = 'reserve') AS moved,
    (SELECT sum(reserved) FROM stock_level) AS reserved,
    (SELECT sum($1::bigint - available) FROM stock_level) AS taken,
    (SELECT count(*) FROM remembered_reply) AS remembered,
    (SELECT count(*) FROM outbox WHERE topic = 'mesh.inventory.v1.ReservationCreated') AS announced
