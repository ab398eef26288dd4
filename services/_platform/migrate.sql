-- Statements of the migration runner. Those that begin with `SELECT format` make the statement that is run.

-- name: take_lock
SELECT pg_advisory_lock($1)

-- name: close_database
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database())
UNION ALL
SELECT 'REVOKE ALL ON SCHEMA public FROM PUBLIC'

-- name: role_exists
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)

-- name: create_role
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT', $1::text)

-- name: set_password
SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)

-- name: open_schema
SELECT format('CREATE SCHEMA IF NOT EXISTS %I', $1::text)
UNION ALL
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), $1::text)
UNION ALL
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', $1::text, $1::text)
UNION ALL
SELECT format('ALTER ROLE %I SET search_path TO %I', $1::text, $1::text)

-- name: enter_schema
SELECT format('SET LOCAL search_path TO %I', $1::text)

-- name: create_history
CREATE TABLE IF NOT EXISTS migration (
    version text PRIMARY KEY,
    checksum text NOT NULL,
    apply_time timestamptz NOT NULL DEFAULT now()
)

-- name: read_history
SELECT version, checksum FROM migration

-- name: add_history
INSERT INTO migration (version, checksum) VALUES ($1, $2)

-- name: grant
-- Tables named in a comment `append-only` are never updated or deleted from, not even by a defect.
SELECT format('GRANT SELECT, INSERT%s ON %I.%I TO %I',
              CASE WHEN obj_description(c.oid) LIKE 'append-only%' THEN '' ELSE ', UPDATE, DELETE' END,
              n.nspname, c.relname, $1::text)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1::text AND c.relkind IN ('r', 'p') AND c.relname <> 'migration'

-- name: grant_across
-- The events service, where there is one, reads every outbox, through a function that shows nothing else; and every
-- service enqueues jobs by a function of theirs, the one thing of that schema that is not for jobs alone.
SELECT format('GRANT USAGE ON SCHEMA %I TO events', n.nspname)
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.proname = 'read_outbox' AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'events')
UNION ALL
SELECT format('GRANT EXECUTE ON FUNCTION %I.read_outbox TO events', n.nspname)
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.proname = 'read_outbox' AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'events')
UNION ALL
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, r.rolname)
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
CROSS JOIN pg_roles AS r
JOIN pg_namespace AS own ON own.nspname = r.rolname
WHERE n.nspname = 'jobs' AND p.proname = 'enqueue' AND r.rolname <> 'jobs'
