-- What a run of the alerting layer has left in the tables of the local environment.
SELECT 'alerts seeded' AS what, count(*) AS rows FROM main.gold.alert_configurations
UNION ALL
SELECT 'alerts valid', count_if(is_valid) FROM main.gold.alert_validation_results
UNION ALL
SELECT 'destinations synced', count(databricks_destination_id) FROM main.gold.notification_destinations
UNION ALL
SELECT 'alerts synced', count_if(last_sync_status = 'SUCCESS') FROM main.gold.alert_configurations;
