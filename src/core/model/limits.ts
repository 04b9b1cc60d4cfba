/**
 * Databricks' limits for jobs, shared by constructs, rules, emitters and the local workspace.
 *
 * Unless another page is named, the source is the Jobs API: https://docs.databricks.com/api/workspace/jobs/create
 */

/** Maximum tasks of a job. */
export const MAX_TASKS = 1000;

/** Tasks per page of a job or run in Jobs API 2.2; `next_page_token` leads to the next page. */
export const TASKS_PER_PAGE = 100;

/** Maximum nesting of Run Job tasks. https://docs.databricks.com/aws/en/jobs/tasks/run-job */
export const MAX_RUN_JOB_DEPTH = 3;

/** Maximum tags of a job. */
export const MAX_TAGS = 25;

/**
 * Maximum characters of a tag's key and value, which are the cloud's own limits.
 * https://docs.databricks.com/aws/en/admin/account-settings/usage-detail-tags
 */
export const TAG_LENGTHS = {
  aws: { key: 127, value: 255 },
  azure: { key: 512, value: 256 },
  gcp: { key: 63, value: 63 },
} as const;

/** Maximum size of a job's or run's name; bytes of UTF-8. */
export const MAX_NAME_BYTES = 4096;

/** Maximum characters of a job's description. */
export const MAX_DESCRIPTION = 27_700;

/** Maximum size of a task's description; bytes of UTF-8. */
export const MAX_TASK_DESCRIPTION_BYTES = 1000;

/** Maximum concurrent runs of a job. */
export const MAX_CONCURRENT_RUNS = 1000;

/** Maximum job clusters of a job. */
export const MAX_JOB_CLUSTERS = 100;

/** Maximum `environments` of a job or a one-time run. */
export const MAX_ENVIRONMENTS = 10;

/** Maximum concurrent iterations of a for-each task. https://docs.databricks.com/aws/en/jobs/for-each */
export const MAX_FOR_EACH_CONCURRENCY = 100;

/** Maximum characters of a for-each task's inputs. https://docs.databricks.com/aws/en/jobs/for-each */
export const MAX_FOR_EACH_INPUTS = 10_000;

/** Maximum webhook destinations for an event of a job or task. */
export const MAX_WEBHOOKS = 3;

/** Minimum of a trigger's two wait times; seconds. */
export const MIN_TRIGGER_SECONDS = 60;

/** Maximum commands of a dbt task. */
export const MAX_DBT_COMMANDS = 10;

/** Maximum subscribers of an alert task. */
export const MAX_ALERT_SUBSCRIBERS = 100;

/**
 * Maximum size of a parameter field of `run-now`, such as `notebook_params`; bytes of JSON.
 * https://docs.databricks.com/api/workspace/jobs/runnow
 */
export const MAX_RUN_PARAMETERS_BYTES = 10_000;

/** Maximum characters of an idempotency token. https://docs.databricks.com/api/workspace/jobs/runnow */
export const MAX_IDEMPOTENCY_TOKEN = 64;

/** Task keys: 1-100 letters, digits, `_` and `-`. */
export const TASK_KEY_PATTERN = /^[A-Za-z0-9_-]{1,100}$/;

/** Names of job parameters: letters, digits, `_`, `-` and `.`. */
export const PARAMETER_NAME_PATTERN = /^[A-Za-z0-9_.-]+$/;
