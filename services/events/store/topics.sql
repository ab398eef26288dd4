-- What is set about topics.

-- name: compacted
SELECT topic FROM topic WHERE topic = ANY ($1::text[]) AND compacted

-- name: add_topic
INSERT INTO topic (topic, compacted) VALUES ($1, false) ON CONFLICT DO NOTHING

-- name: lock_topic
SELECT compacted FROM topic WHERE topic = $1 FOR UPDATE

-- name: set_compacted
UPDATE topic SET compacted = $2 WHERE topic = $1
