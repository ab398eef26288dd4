-- Workflows.

-- name: insert_workflow
INSERT INTO workflow (workflow_id, definition, create_time) VALUES ($1, $2, $3)

-- name: get_workflow
SELECT definition, create_time FROM workflow WHERE workflow_id = $1

-- name: ask_all
INSERT INTO request (kind, job_id, create_time) SELECT $1, job_id, $3 FROM unnest($2::uuid[]) AS j (job_id)
