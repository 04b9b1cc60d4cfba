-- What a run of the alerting layer has left in the tables of the local environment.
SELECT what, rows FROM (
  SELECT 1 AS step, 'alerts seeded' AS what, count(*) AS rows FROM main.gold.alert_configurations
  UNION ALL
  SELECT 2, 'alerts valid', count_if(is_valid) FROM main.gold.alert_validation_results
  UNION ALL
  SELECT 3, 'destinations synced', count(databricks_destination_id) FROM main.gold.notification_destinations
  UNION ALL
  SELECT 4, 'alerts synced', count_if(last_sync_status = 'SUCCESS') FROM main.gold.alert_configurations
)
ORDER BY step;
