-- What the sandbox keeps, in SQLite.

-- name: create
CREATE TABLE IF NOT EXISTS charge (
    id TEXT PRIMARY KEY, token TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, state TEXT NOT NULL,
    captured INTEGER NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND captured)
) STRICT;
CREATE TABLE IF NOT EXISTS operation (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, charge TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, failure_code TEXT NOT NULL, time TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS operation_by_time ON operation (time, number);
CREATE TABLE IF NOT EXISTS attempt (key TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS webhook (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, charge TEXT NOT NULL, body TEXT NOT NULL,
    held INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0
) STRICT;

-- name: count_attempt
INSERT INTO attempt VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET count = count + 1 RETURNING count

-- name: find_operation
SELECT * FROM operation WHERE key = ?

-- name: find_charge
SELECT * FROM charge WHERE id = ?

-- name: save_charge
INSERT OR REPLACE INTO charge VALUES (:id, :token, :amount, :currency, :state, :captured, :refunded)

-- name: add_operation
INSERT INTO operation (key, kind, charge, amount, currency, failure_code, time)
VALUES (:key, :kind, :charge, :amount, :currency, :failure_code, :time)

-- name: export
SELECT * FROM operation
WHERE kind IN ('capture', 'refund') AND failure_code = '' AND time >= ? AND time < ? AND number > ?
ORDER BY number LIMIT ?

-- name: add_webhook
INSERT INTO webhook (id, charge, body, held) VALUES (?, ?, ?, ?)

-- name: next_webhook
SELECT number, id, charge, body, tries FROM webhook WHERE held = 0 AND due <= ? ORDER BY due, number LIMIT 1

-- name: delivered
DELETE FROM webhook WHERE number = ?

-- name: free_held
UPDATE webhook SET held = 0 WHERE charge = ?

-- name: postpone
UPDATE webhook SET tries = tries + 1, due = ? WHERE number = ?

-- name: waiting
SELECT count(*) FROM webhook WHERE id = ?
