-- The audit log.

-- name: insert_audit_entry
INSERT INTO audit_entry (action, actor, subject, address, request_id, details, create_time)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: list_audit_entries
-- An empty array of wanted values holds for every row.
SELECT * FROM audit_entry
WHERE ($1::uuid IS NULL OR audit_entry_id < $1)
  AND action = ALL($3::text[]) AND actor = ALL($4::text[]) AND subject = ALL($5::text[])
ORDER BY audit_entry_id DESC
LIMIT $2
