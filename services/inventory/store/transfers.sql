-- Reads of transfers.

-- name: get_transfer
SELECT * FROM transfer WHERE transfer_id = $1

-- name: list_transfers
SELECT * FROM transfer
WHERE ($1::uuid IS NULL OR transfer_id < $1)
  AND state = ALL($3::int[]) AND state <> ALL($4::int[])
  AND source_warehouse = ALL($5::text[]) AND source_warehouse <> ALL($6::text[])
  AND destination_warehouse = ALL($7::text[]) AND destination_warehouse <> ALL($8::text[])
ORDER BY transfer_id DESC
LIMIT $2

-- name: lines_of_transfers
SELECT * FROM transfer_line WHERE transfer_id = ANY($1::uuid[]) ORDER BY transfer_id, product_id
