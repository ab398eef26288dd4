-- What the secrets of webhooks are derived from.

-- name: add_secret
INSERT INTO webhook_secret (uid, nonce, create_time) VALUES ($1, $2, $3)

-- name: end_secrets
UPDATE webhook_secret SET end_time = $2 WHERE uid = $1 AND end_time IS NULL

-- name: forget_secrets
DELETE FROM webhook_secret WHERE uid = $1 AND end_time <= $2

-- name: read_secrets
SELECT nonce FROM webhook_secret
WHERE uid = $1 AND (end_time IS NULL OR end_time > $2)
ORDER BY end_time DESC NULLS FIRST, create_time DESC
