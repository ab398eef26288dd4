-- Addresses that asked for a message.

-- name: insert_mail_request
INSERT INTO mail_request (purpose, email) VALUES ($1, $2)

-- name: take_mail_requests
-- The accounts are joined from outside: an address without one is taken, and nothing comes of it.
WITH taken AS (
    DELETE FROM mail_request
    WHERE mail_request_id IN (
        SELECT mail_request_id FROM mail_request ORDER BY mail_request_id LIMIT $1 FOR UPDATE SKIP LOCKED
    )
    RETURNING purpose, email
)
SELECT DISTINCT taken.purpose, account.*
FROM taken
LEFT JOIN account USING (email)
