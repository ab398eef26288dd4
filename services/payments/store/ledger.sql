-- The money ledger, and what the settlement report holds beside the provider's.

-- name: insert_entries
INSERT INTO ledger_entry (payment_id, operation_id, currency, create_time, credit_account, debit_account, amount)
SELECT $1, $2, $3, $4, credit, debit, amount
FROM unnest($5::int[], $6::int[], $7::bigint[]) AS entry (credit, debit, amount)

-- name: list_entries
SELECT * FROM ledger_entry
WHERE ($1::uuid IS NULL OR entry_id < $1) AND payment_id::text = ALL($3::text[])
ORDER BY entry_id DESC
LIMIT $2

-- name: trial_balance
SELECT currency, account, sum(amount) AS balance
FROM (
    SELECT currency, debit_account AS account, amount FROM ledger_entry
    UNION ALL
    SELECT currency, credit_account, -amount FROM ledger_entry
) AS side
GROUP BY currency, account
ORDER BY currency, account

-- name: booked
-- Captures and refunds: the amount is the ledger's, where the ledger has it.
SELECT operation_id, operation.payment_id, kind, stage, payment.currency, settle_time,
    coalesce(entry.amount, CASE WHEN stage = 1 THEN operation.amount ELSE 0 END) AS amount
FROM operation
JOIN payment USING (payment_id)
LEFT JOIN ledger_entry AS entry USING (operation_id)
WHERE kind IN (2, 4) AND stage <> 3
  AND (entry.credit_account IS NULL OR 3 IN (entry.credit_account, entry.debit_account))
  AND ((stage = 2 AND settle_time >= $1 AND settle_time < $2) OR operation_id = ANY($3::uuid[]))

-- name: insert_contradiction
INSERT INTO contradiction (operation_id, succeeded, failure_code, provider_reference, create_time)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING

-- name: contradicted
SELECT operation_id, operation.payment_id, operation.amount, payment.currency, stage, contradiction.succeeded
FROM contradiction
JOIN operation USING (operation_id)
JOIN payment USING (payment_id)
WHERE contradiction.create_time >= $1 AND contradiction.create_time < $2
ORDER BY contradiction.create_time
