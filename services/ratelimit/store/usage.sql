-- Usage by hour, recorded traffic, and which replicas are live.

-- name: add_usage
INSERT INTO usage_hour AS kept (hour, rate_limit_id, allowed, blocked, shadow_blocked)
SELECT date_trunc('hour', $1::timestamptz, 'UTC'), added.*
FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS added
-- In one order, so that two replicas never wait for one another.
ORDER BY 2
ON CONFLICT (hour, rate_limit_id) DO UPDATE
SET allowed = kept.allowed + excluded.allowed, blocked = kept.blocked + excluded.blocked,
    shadow_blocked = kept.shadow_blocked + excluded.shadow_blocked

-- name: add_subjects
INSERT INTO subject_hour AS kept (hour, rate_limit_id, subject, blocked, near)
SELECT date_trunc('hour', $1::timestamptz, 'UTC'), added.*
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS added
ORDER BY 2, 3
ON CONFLICT (hour, rate_limit_id, subject) DO UPDATE
SET blocked = kept.blocked + excluded.blocked, near = kept.near + excluded.near

-- name: add_traffic
INSERT INTO traffic (start_time, end_time, unrecorded, body) VALUES ($1, $2, $3, $4)

-- name: read_traffic
SELECT unrecorded, body FROM traffic WHERE end_time >= $1 AND start_time <= $2 ORDER BY start_time, traffic_id

-- name: report_hours
SELECT * FROM usage_hour
WHERE hour BETWEEN date_trunc('hour', $1::timestamptz, 'UTC') AND $2 AND ($3 = '' OR rate_limit_id = $3)
ORDER BY hour, rate_limit_id

-- name: report_blocked
SELECT rate_limit_id, subject, sum(blocked)::bigint AS calls FROM subject_hour
WHERE hour BETWEEN date_trunc('hour', $1::timestamptz, 'UTC') AND $2 AND ($3 = '' OR rate_limit_id = $3)
  AND blocked > 0
GROUP BY rate_limit_id, subject ORDER BY calls DESC, rate_limit_id, subject LIMIT 50

-- name: report_near
SELECT rate_limit_id, subject, sum(near)::bigint AS calls FROM subject_hour
WHERE hour BETWEEN date_trunc('hour', $1::timestamptz, 'UTC') AND $2 AND ($3 = '' OR rate_limit_id = $3)
  AND near > 0
GROUP BY rate_limit_id, subject ORDER BY calls DESC, rate_limit_id, subject LIMIT 50

-- name: trim
WITH old_traffic AS (DELETE FROM traffic WHERE end_time < $1),
     old_subjects AS (DELETE FROM subject_hour WHERE hour < $2),
     old_hours AS (DELETE FROM usage_hour WHERE hour < $3)
DELETE FROM replica WHERE seen_time < $1

-- name: trim_subjects
-- Of an hour that is over only the most frequent are kept, however many there were.
DELETE FROM subject_hour AS one USING (
    SELECT hour, rate_limit_id, subject,
           row_number() OVER (PARTITION BY hour, rate_limit_id ORDER BY blocked + near DESC, subject) AS place
    FROM subject_hour WHERE hour < date_trunc('hour', $1::timestamptz, 'UTC')
) AS ranked
WHERE ranked.place > $2
  AND (one.hour, one.rate_limit_id, one.subject) = (ranked.hour, ranked.rate_limit_id, ranked.subject)

-- name: beat
INSERT INTO replica (holder, seen_time) VALUES ($1, now())
ON CONFLICT (holder) DO UPDATE SET seen_time = now()

-- name: live
-- By the database's clock, so that those of the replicas do not matter.
SELECT holder FROM replica WHERE seen_time > now() - $1::interval ORDER BY holder

-- name: leave
DELETE FROM replica WHERE holder = $1
