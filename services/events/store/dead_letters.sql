-- Dead letters.

-- name: list_letters
SELECT d.* FROM dead_letter AS d JOIN consumer_group AS g USING (uid)
WHERE g.name = $1 AND number > $2 ORDER BY number LIMIT $3

-- name: redrive
WITH chosen AS (
    SELECT d.uid, d.number FROM dead_letter AS d JOIN consumer_group AS g USING (uid)
    WHERE g.name = $1 AND NOT redriven AND (cardinality($2::bigint[]) = 0 OR number = ANY ($2))
    FOR UPDATE OF d
),
redriven AS (
    UPDATE dead_letter AS d SET redriven = true FROM chosen AS c WHERE d.uid = c.uid AND d.number = c.number RETURNING 1
)
SELECT count(*) FROM redriven

-- name: discard
WITH gone AS (
    DELETE FROM dead_letter AS d USING consumer_group AS g
    WHERE g.uid = d.uid AND g.name = $1 AND NOT redriven AND (cardinality($2::bigint[]) = 0 OR number = ANY ($2))
    RETURNING 1
)
SELECT count(*) FROM gone

-- name: count_letters
SELECT count(*) FROM dead_letter WHERE uid = $1
