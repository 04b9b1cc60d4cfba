/** Writes docs/local-parity.md, the list of supported endpoints: part of `npm run generate:docs`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { NOT_HERE } from "./http/not-here";
import type { Route } from "./http/route";
import { startLocalWorkspace } from "./workspace";

/** Differences from Databricks. */
const DIFFERENCES: readonly (readonly [what: string, here: string])[] = [
  ["ids of jobs and runs", "count from 1; any 64-bit integer is understood and given back exactly"],
  ["fields of a query that are not known", "are ignored, and counted in `/local/status`"],
  ["fields of a body that are not known", "are refused by name"],
  [
    "`workspace/import` by the Terraform provider",
    "makes the folder that is missing, since the provider loses a race for it",
  ],
  ["`git_source`", "is kept; a task that takes its source from Git fails when it runs"],
  [
    "`notebook_task`, `spark_python_task`, `python_wheel_task`, `sql_task` of a file or query",
    "run for real, each in a process of its own, where there is an engine",
  ],
  ["`condition_task`, `for_each_task`, `run_job_task`", "as in the service"],
  [
    "`dbt_task`",
    "is kept, and fails by its name when it runs: dbt's adapter for Databricks speaks TLS alone",
  ],
  ["other types of tasks", "are kept, and fail by their names when they run"],
  ["repair of a Run Job task", "starts a new run of its job"],
  [
    "limits",
    "2 000 task runs at once (429, or the queue) and 10 000 jobs created in an hour (`INVALID_STATE`); `--no-limits` switches them off",
  ],
  ["`always_running`, `control_run_state`, jobs in the single-task format", "are refused"],
  [
    "`jobs/runs/submit` of a single task, outside of `tasks`",
    "is run as one of `tasks`, whose key is made from `run_name`",
  ],
  [
    "dependencies of a task",
    "come back sorted by `task_key`, as from the service: Terraform plans a change forever where the configuration is not",
  ],
  ["notebooks in the formats DBC, HTML and R Markdown", "are refused"],
  [
    "schedules, `periodic`, `continuous`, `file_arrival`, `table_update`, SQL conditions",
    "fire, as local-workspace.md says; files are those of volumes and DBFS, tables those of the warehouse",
  ],
  ["model triggers, `file_arrival` of a cloud storage URL", "are kept and never fire"],
  ["`task_retry_mode`, `maintenance_window` of a continuous job", "are kept without effect"],
  ["permissions and ACLs", "are kept without effect: there is one user"],
  [
    "alerts",
    "are evaluated where there is an engine, as local-workspace.md says; notifications are recorded, never sent",
  ],
  [
    "`sql/statements`",
    "results come inline as JSON_ARRAY; EXTERNAL_LINKS, ARROW_STREAM and CSV are refused; `byte_limit` is ignored",
  ],
  [
    "`clusters`, `policies/clusters`, `instance-pools`",
    "lists to look up runtimes and node types; there is nothing in the others",
  ],
  ["OAuth", "discovery is answered; a login ends with what to do instead"],
  [
    "databricks-connect, the SQL connectors",
    "cannot be refused in a sentence: they speak TLS alone (databricks-connect even with `use_ssl=false`, once it has a " +
      "token), which the local workspace does not, and end with a TLS error after half a minute or more of their own " +
      "attempts; run a notebook as a job, or use `sql/statements` or `jobstrata local sql`",
  ],
];

/** The document, before formatting. */
export async function parityDocument(): Promise<string> {
  const workspace = await startLocalWorkspace({ ephemeral: true });
  const { endpoints } = workspace;
  await workspace.stop();
  const rows = endpoints
    .filter(({ path }) => !path.startsWith("/local/"))
    .map((route) => [
      `\`${route.method} ${pathOf(route)}\``,
      fields(route.query),
      route.rawBody ? "as it is" : fields(route.body),
    ]);
  return [
    "# What the local workspace answers",
    "Made from the code by `npm run generate:docs`. Of a path, `*` is one part and `**` one or more.",
    "## Answered",
    table(["endpoint", "fields of the query", "fields of the body"], rows),
    "## Different",
    table(["what", "here"], DIFFERENCES),
    "## Refused",
    "Status 501, `NOT_IMPLEMENTED`, with this sentence; any other path is a 404, `ENDPOINT_NOT_FOUND`.",
    table(
      ["path", "message"],
      NOT_HERE.map(([path, sentence]) => [`\`${path}\``, `The local workspace ${sentence}.`]),
    ),
  ].join("\n\n");
}

function pathOf({ path, versions }: Route): string {
  if (path.startsWith("/")) return path;
  const [first = "", ...others] = versions;
  return `/api/${others.length === 0 ? first : `{${versions.join(",")}}`}/${path}`;
}

function fields(schema: z.ZodType | undefined): string {
  if (!(schema instanceof z.ZodObject)) return "";
  return Object.keys(schema.shape as object)
    .map((name) => `\`${name}\``)
    .join(", ");
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

if (require.main === module) {
  void (async () => {
    const { format } = await import("prettier");
    const file = join(__dirname, "..", "..", "docs", "local-parity.md");
    writeFileSync(
      file,
      await format(await parityDocument(), { parser: "markdown", printWidth: 100 }),
    );
  })();
}
