/**
 * Limits of the platform for jobs. Constructs, rules, emitters and the local workspace check these same numbers.
 *
 * Where no other page is named, a limit is stated by the Jobs API: https://docs.databricks.com/api/workspace/jobs/create
 */

/** Tasks of a job. */
export const MAX_TASKS = 1000;

/** Tasks of a job or run in one answer of the Jobs API 2.2; `next_page_token` leads to the rest. */
export const TASKS_PER_PAGE = 100;

/** Run Job tasks below one another. https://docs.databricks.com/aws/en/jobs/tasks/run-job */
export const MAX_RUN_JOB_DEPTH = 3;

/** Tags of a job. */
export const MAX_TAGS = 25;

/**
 * Characters of the key and the value of a tag: those of the cloud's own tags.
 * https://docs.databricks.com/aws/en/admin/account-settings/usage-detail-tags
 */
export const TAG_LENGTHS = {
  aws: { key: 127, value: 255 },
  azure: { key: 512, value: 256 },
  gcp: { key: 63, value: 63 },
} as const;

/** Bytes of UTF-8 in the name of a job or a run. */
export const MAX_NAME_BYTES = 4096;

/** Characters in the description of a job. */
export const MAX_DESCRIPTION = 27_700;

/** Bytes of UTF-8 in the description of a task. */
export const MAX_TASK_DESCRIPTION_BYTES = 1000;

/** Runs of a job at a time. */
export const MAX_CONCURRENT_RUNS = 1000;

/** Job clusters of a job. */
export const MAX_JOB_CLUSTERS = 100;

/** Iterations of a for-each task at a time. https://docs.databricks.com/aws/en/jobs/for-each */
export const MAX_FOR_EACH_CONCURRENCY = 100;

/** Characters in the inputs of a for-each task. https://docs.databricks.com/aws/en/jobs/for-each */
export const MAX_FOR_EACH_INPUTS = 10_000;

/** Webhook destinations for one event of a job or task. */
export const MAX_WEBHOOKS = 3;

/** Least seconds of the two wait times of a trigger. */
export const MIN_TRIGGER_SECONDS = 60;

/** Commands of a dbt task. */
export const MAX_DBT_COMMANDS = 10;

/** Subscribers of an alert task. */
export const MAX_ALERT_SUBSCRIBERS = 100;

/** Bytes of the JSON of one parameter field of `run-now`, such as `notebook_params`. https://docs.databricks.com/api/workspace/jobs/runnow */
export const MAX_RUN_PARAMETERS_BYTES = 10_000;

/** Characters of an idempotency token. https://docs.databricks.com/api/workspace/jobs/runnow */
export const MAX_IDEMPOTENCY_TOKEN = 64;

/** Task keys: 1-100 letters, digits, `_` and `-`. */
export const TASK_KEY_PATTERN = /^[A-Za-z0-9_-]{1,100}$/;

/** Names of job parameters: letters, digits, `_`, `-` and `.`. */
export const PARAMETER_NAME_PATTERN = /^[A-Za-z0-9_.-]+$/;
