-- Accounts.

-- name: insert_account
-- Returns nothing when the address has an account.
INSERT INTO account (user_id, email, display_name, roles, tier, email_verified, password_hash, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
ON CONFLICT (email) DO NOTHING
RETURNING *

-- name: account_by_email
SELECT * FROM account WHERE email = $1

-- name: get_account
SELECT * FROM account WHERE user_id = $1

-- name: lock_account
SELECT * FROM account WHERE user_id = $1 FOR NO KEY UPDATE

-- name: list_accounts
-- An empty array of wanted addresses holds for every row.
SELECT * FROM account
WHERE ($1::uuid IS NULL OR user_id < $1) AND email = ALL($3::text[])
ORDER BY user_id DESC
LIMIT $2

-- name: update_account
UPDATE account
SET display_name = $2, roles = $3, tier = $4, disabled = $5, email_verified = $6, version = version + 1,
    update_time = $7
WHERE user_id = $1
RETURNING *

-- name: set_password
UPDATE account
SET password_hash = $3, password_version = password_version + 1, version = version + 1, update_time = $4,
    -- Who sets a password by mail has shown that the address is theirs.
    email_verified = email_verified OR $5
WHERE user_id = $1 AND password_version = $2
RETURNING *

-- name: renew_hash
-- The same password under newer parameters.
UPDATE account SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2
