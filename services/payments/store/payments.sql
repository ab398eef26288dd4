-- Payments, their operations, and what was taken of the provider's events.

-- name: insert_payment
-- Returns nothing when the id is taken, by a payment or by one that was voided in advance.
INSERT INTO payment (payment_id, customer, reference, currency, amount, method, state, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
ON CONFLICT DO NOTHING
RETURNING payment_id

-- name: insert_operation
INSERT INTO operation (operation_id, payment_id, kind, amount, actor, key, reason, create_time, next_try_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: get_payment
SELECT * FROM payment WHERE payment_id = $1

-- name: lock_payment
SELECT * FROM payment WHERE payment_id = $1 FOR NO KEY UPDATE

-- name: lock_payment_of
SELECT * FROM payment
WHERE payment_id = (SELECT payment_id FROM operation WHERE operation_id = $1)
FOR NO KEY UPDATE

-- name: operations_of_payments
-- In the order in which they began: their ids are UUIDv7.
SELECT * FROM operation WHERE payment_id = ANY($1::uuid[]) ORDER BY payment_id, operation_id

-- name: update_payment
UPDATE payment
SET state = $2, captured = $3, refunded = $4, decline_code = $5, charge = $6, update_time = $7
WHERE payment_id = $1

-- name: settle_operation
UPDATE operation
SET stage = $2, failure_code = $3, provider_reference = $4, settle_time = $5
WHERE operation_id = $1

-- name: postpone_operations
-- Asked in vain: the next time comes later and later, after 5 minutes at most.
UPDATE operation
SET attempts = attempts + 1, next_try_time = $2::timestamptz + least(interval '5 minutes', interval '2 seconds' * 2 ^ least(attempts, 10))
WHERE payment_id = $1 AND stage = 1

-- name: payments_to_settle
SELECT payment_id FROM operation
WHERE stage = 1 AND next_try_time <= $1
GROUP BY payment_id ORDER BY min(next_try_time) LIMIT $2

-- name: list_payments
-- An empty array of wanted values holds for every row. Ids that were voided in advance are no payments.
SELECT * FROM payment
WHERE customer <> ''
  AND ($1::timestamptz IS NULL OR (create_time, payment_id) < ($1, $2::uuid))
  AND customer = ALL($4::text[]) AND customer <> ALL($5::text[])
  AND reference = ALL($6::text[]) AND reference <> ALL($7::text[])
  AND state = ALL($8::int[]) AND state <> ALL($9::int[])
ORDER BY create_time DESC, payment_id DESC
LIMIT $3

-- name: insert_receipt
INSERT INTO webhook_receipt (webhook_id, create_time) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING webhook_id

-- name: forget_receipts
-- A signature is too old long before its receipt is.
WITH old AS (SELECT webhook_id FROM webhook_receipt WHERE create_time < $1 LIMIT $2)
DELETE FROM webhook_receipt USING old WHERE webhook_receipt.webhook_id = old.webhook_id
RETURNING webhook_receipt.webhook_id
