-- Subscriptions and webhooks.

-- name: insert_group
INSERT INTO consumer_group (name, uid, definition, version, create_time, update_time)
VALUES ($1, uuidv7(), $2, 1, $3, $3)
RETURNING *

-- name: get_group
SELECT * FROM consumer_group WHERE name = $1

-- name: lock_group
SELECT * FROM consumer_group WHERE name = $1 FOR UPDATE

-- name: list_groups
SELECT * FROM consumer_group WHERE name > $1 AND starts_with(name, $2) ORDER BY name LIMIT $3

-- name: update_group
-- What the owner of a group need not know of is no new version.
UPDATE consumer_group SET definition = $2, version = version + $4::bool::int, update_time = $3 WHERE name = $1 RETURNING *

-- name: delete_group
WITH gone AS (
    DELETE FROM consumer_group WHERE name = $1 RETURNING *
),
letters AS (
    DELETE FROM dead_letter WHERE uid IN (SELECT uid FROM gone)
),
secrets AS (
    DELETE FROM webhook_secret WHERE uid IN (SELECT uid FROM gone)
)
SELECT * FROM gone

-- name: begin_progress
INSERT INTO progress (uid, fence, turn, tail, firsts, lasts, failed, failures, ready_times)
VALUES ($1, 0, 0, $2, '{}', '{}', '{}', '{}', '{}')

-- name: group_news
-- The version of a group, whether dead letters of it are to be driven again, and whether its owner still is its owner;
-- nothing when it is deleted.
SELECT version, EXISTS (SELECT FROM dead_letter AS d WHERE d.uid = g.uid AND d.redriven) AS redriven,
       EXISTS (SELECT FROM lease WHERE lease.name = $2 AND holder = $3 AND fence = $4) AS held
FROM consumer_group AS g
WHERE uid = $1

-- name: seek
-- Whoever owns the group does not any more: the next owner starts from here.
WITH fenced AS (
    INSERT INTO lease (name, holder, fence, expire_time) VALUES ($2, '', 1, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET holder = '', fence = lease.fence + 1, expire_time = clock_timestamp()
    RETURNING fence
)
INSERT INTO progress (uid, fence, turn, tail, firsts, lasts, failed, failures, ready_times)
SELECT $1, fence, 0, $3, '{}', '{}', '{}', '{}', '{}' FROM fenced

-- name: find_holder
SELECT holder FROM lease WHERE name = $1 AND expire_time > clock_timestamp()
