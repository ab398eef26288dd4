CREATE TABLE note (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    title text NOT NULL,
    note bytea NOT NULL,
    version int NOT NULL DEFAULT 1
);
-- Written by a fault only.
CREATE TABLE visit (at timestamptz NOT NULL DEFAULT now());

-- name: add_note
INSERT INTO note (title, note) VALUES ($1, $2) RETURNING id::text, version

-- name: read_note
SELECT note, version FROM note WHERE id = $1::text::uuid FOR UPDATE

-- name: write_note
UPDATE note SET title = $2, note = $3, version = version + 1 WHERE id = $1::text::uuid RETURNING version

-- name: list_notes
SELECT id::text, note, version FROM note
WHERE ($1::text = '' OR title = $1) AND ($2::text IS NULL OR id < $2::text::uuid)
ORDER BY id DESC LIMIT $3

-- name: count_notes
SELECT count(*) FROM note

-- name: purge_notes
WITH purged AS (DELETE FROM note WHERE title = $1 RETURNING 1)
SELECT count(*) FROM purged
