-- The one statement by which any service enqueues jobs.

-- name: enqueue
SELECT place, job, outcome
FROM jobs.enqueue($1::timestamptz, $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::smallint[],
                  $8::timestamptz[], $9::bytea[], $10::text[], $11::smallint[])
