-- Access rules.

-- name: turn_page
UPDATE book SET version = version + 1 RETURNING version

-- name: standing_rules
SELECT * FROM access_rule WHERE expire_time IS NULL OR expire_time > $1

-- name: get_rule
SELECT * FROM access_rule WHERE access_rule_id = $1

-- name: list_rules
SELECT * FROM access_rule
WHERE access_rule_id > $1 AND (expire_time IS NULL OR expire_time > $3)
ORDER BY access_rule_id
LIMIT $2

-- name: insert_rule
INSERT INTO access_rule (
    access_rule_id, effect, cidr, key, subject, reason, expire_time, penalty_limit, version, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
RETURNING *

-- name: update_rule
UPDATE access_rule
SET effect = $2, cidr = $3, key = $4, subject = $5, reason = $6, expire_time = $7, penalty_limit = $8, version = $9,
    update_time = $10
WHERE access_rule_id = $1
RETURNING *

-- name: put_rule
-- A block that is imposed again lasts as long as the later one.
INSERT INTO access_rule (
    access_rule_id, effect, cidr, key, subject, reason, expire_time, penalty_limit, version, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
ON CONFLICT (access_rule_id) DO UPDATE
SET expire_time = greatest(access_rule.expire_time, excluded.expire_time), version = excluded.version,
    update_time = excluded.update_time
RETURNING *

-- name: delete_rule
DELETE FROM access_rule WHERE access_rule_id = $1

-- name: trim_rules
-- Kept for a day after they expired, for people who ask why.
WITH old AS (
    DELETE FROM access_rule WHERE expire_time < $1 RETURNING 1
)
SELECT count(*) FROM old
