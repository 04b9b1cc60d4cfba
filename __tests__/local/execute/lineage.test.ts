import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskRequest } from "../../../src/local/execute/executor";
import { readLineage, recordLineage } from "../../../src/local/execute/lineage";
import { readObservedLineage } from "@jobstrata/core/readers";
import { jobstrata } from "../../cli/program-support";
import { tempFolder } from "../../support/policy";

const request = {
  jobId: 5,
  jobName: "[dev] silver_orders",
  jobRunId: 77,
  taskKey: "main",
} as TaskRequest;
const notebook = "/Shared/silver_orders";

describe("lineage of the local workspace", () => {
  it("keeps what runs read and wrote, for commands and for check --lineage", async () => {
    const data = tempFolder();
    expect(readLineage(data)).toEqual([]);
    recordLineage(data, request, notebook, [
      { mode: "read", name: "dev.bronze.orders" },
      { mode: "write", name: "/Volumes/dev/out" },
    ]);
    // A process that was killed while it wrote.
    appendFileSync(join(data, "lineage.jsonl"), '{"job_na');
    const rows = readLineage(data);
    expect(rows).toMatchObject([
      {
        job_name: "[dev] silver_orders",
        entity_run_id: "77",
        source_table_full_name: "dev.bronze.orders",
      },
      { task_key: "main", target_path: "/Volumes/dev/out" },
    ]);
    expect(readObservedLineage(JSON.stringify(rows))).toMatchObject({
      withoutJob: 0,
      observed: [
        {
          job: "[dev] silver_orders",
          taskKey: "main",
          access: { name: "dev.bronze.orders", observed: { source: "local", run: "77" } },
        },
        { access: { kind: "path", name: "/Volumes/dev/out", write: "overwrite" } },
      ],
    });
    const { out } = await jobstrata("local", "lineage", "silver_orders", "--data", data);
    expect(out).toContain("77   [dev] silver_orders  main  reads   dev.bronze.orders");
    expect((await jobstrata("local", "lineage", "78", "--data", data)).out).toBe(
      'No run of "78" has read or written a table.\n',
    );
    expect((await jobstrata("local", "lineage", "--data", join(data, "none"))).err).toContain(
      "there is no local workspace in",
    );
  });
});
