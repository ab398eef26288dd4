-- What the bench of events asks the stores.

-- name: seed
SELECT events.append(now(), '{}', '{}', '{}', '{}', '{}', '{}', '{}')

-- name: published
SELECT count(*) FROM events.event WHERE topic = $1

-- name: add_peer
CREATE TABLE events.message (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload bytea NOT NULL)

-- name: put
INSERT INTO events.message (payload) SELECT unnest($1::bytea[])

-- name: take
DELETE FROM events.message
WHERE id IN (SELECT id FROM events.message ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING payload

-- name: left
SELECT count(*) FROM events.message
