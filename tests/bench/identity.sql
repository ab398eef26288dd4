-- name: seed_users
INSERT INTO account (user_id, email, display_name, roles, tier, email_verified, password_hash, create_time, update_time)
SELECT user_id, email, 'Bench', '{customer}', 'free', true, $3, now(), now()
FROM unnest($1::uuid[], $2::text[]) AS seeded (user_id, email)

-- name: seed_sessions
INSERT INTO session (
    session_id, user_id, seed, generation, device_name, address, create_time, refresh_time, expire_time)
SELECT session_id, user_id, seed, 1, '', '', at, at, at + interval '14 days'
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS seeded (session_id, user_id, seed), (SELECT $4::timestamptz AS at) AS now

-- name: tidy
VACUUM ANALYZE

-- name: refreshes
-- A session that only signed in adds nothing.
SELECT sum(generation - 1)::int FROM session WHERE $1::int > 0

-- name: sign_ins
SELECT count(*)::int - $1::int FROM session
