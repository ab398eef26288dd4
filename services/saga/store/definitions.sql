-- name: lock_definition
-- One registration of a definition at a time: versions have no gaps.
SELECT pg_advisory_xact_lock(hashtextextended('definition/' || $1, 0))

-- name: newest_definition
SELECT definition_id, version, digest, body, registrar, create_time
FROM definition
WHERE definition_id = $1
ORDER BY version DESC
LIMIT 1

-- name: get_definition
SELECT definition_id, version, digest, body, registrar, create_time
FROM definition
WHERE definition_id = $1 AND version = $2

-- name: list_definitions
SELECT DISTINCT ON (definition_id) definition_id, version, digest, body, registrar, create_time
FROM definition
WHERE definition_id > $1
ORDER BY definition_id, version DESC
LIMIT $2

-- name: input_types
SELECT DISTINCT ON (definition_id) definition_id, input_type
FROM definition
WHERE definition_id = ANY($1::text[])
ORDER BY definition_id, version DESC

-- name: insert_definition
INSERT INTO definition (definition_id, version, input_type, digest, body, registrar, create_time)
VALUES ($1, $2, $3, $4, $5, $6, $7)
