-- Low-stock alerts.

-- name: get_alert
SELECT * FROM stock_alert WHERE alert_id = $1

-- name: lock_alert
SELECT * FROM stock_alert WHERE alert_id = $1 FOR NO KEY UPDATE

-- name: list_alerts
-- A snooze that ran out is active again.
SELECT stock_alert.*
FROM stock_alert
CROSS JOIN LATERAL (SELECT CASE WHEN state = 3 AND snooze_until <= $3 THEN 1 ELSE state END) AS seen (as_state)
WHERE ($1::uuid IS NULL OR alert_id < $1)
  AND as_state = ALL($4::int[]) AND as_state <> ALL($5::int[])
  AND severity = ALL($6::int[]) AND severity <> ALL($7::int[])
  AND product_id = ALL($8::text[]) AND product_id <> ALL($9::text[])
  AND warehouse_id = ALL($10::text[]) AND warehouse_id <> ALL($11::text[])
ORDER BY alert_id DESC
LIMIT $2

-- name: update_alert
UPDATE stock_alert SET state = $2, snooze_until = $3, actor = $4, update_time = $5 WHERE alert_id = $1
