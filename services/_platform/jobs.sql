-- How jobs are enqueued: by any service, and by that of jobs, which alone knows beforehand that queues take them.

-- name: enqueue
SELECT place, job, outcome
FROM jobs.enqueue($1::timestamptz, $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::smallint[],
                  $8::timestamptz[], $9::bytea[], $10::text[], $11::smallint[])

-- name: enqueue_admitted
SELECT place, job, outcome
FROM jobs.enqueue_admitted($1::timestamptz, $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::smallint[],
                           $8::timestamptz[], $9::bytea[], $10::text[], $11::smallint[])
