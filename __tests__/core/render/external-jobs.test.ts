import { hierarchyDocument } from "../../../src/core/render/document";
import { hierarchyDot } from "../../../src/core/render/dot";
import type { Hierarchy } from "../../../src/core/render/hierarchy";
import { hierarchyMermaid } from "../../../src/core/render/mermaid";
import { hierarchySvg } from "../../../src/core/render/svg";
import { hierarchyTree } from "../../../src/core/render/tree";
import { HOSTILE_NAMES, hierarchy, job, notebook, runs, task } from "./support";

/** A task that runs an external job. */
const runsExternal = (taskKey: string, expression: string, jobId?: string) =>
  task(taskKey, {
    types: ["run_job_task"],
    dependsOn: ["run_seed"],
    runJob: { kind: "external", expression, ...(jobId !== undefined && { jobId }) },
  });

const AUDIT = "${data.databricks_job.audit.id}";

function drawn(externalJobs: boolean): Hierarchy {
  return hierarchy(
    [
      job("setup", [
        runs("seed"),
        runsExternal("audit", AUDIT),
        runsExternal("ingest", "42", "42"),
      ]),
      job("nightly", [
        runs("setup"),
        task("each", { types: ["for_each_task"], forEach: runsExternal("audit_each", AUDIT) }),
      ]),
      job("seed", [notebook("seed", "seed.py")]),
    ],
    { externalJobs },
  );
}

test("a declared external job is drawn once, with what runs it and what comes before it", () => {
  const { jobs, edges } = hierarchyDocument(drawn(true));
  expect(jobs.map(({ key }) => key)).toEqual([
    "setup",
    "nightly",
    "seed",
    "audit (external)",
    "job 42 (external)",
  ]);
  const audit = `external:${AUDIT}`;
  expect(edges.map(({ kind, from, to }) => `${kind} ${from} ${to}`)).toEqual(
    expect.arrayContaining([
      `run_job jobs/setup ${audit}`,
      "run_job jobs/setup external:42",
      `run_job jobs/nightly ${audit}`,
      `depends_on jobs/seed ${audit}`,
    ]),
  );
});

test("it is in every format", () => {
  const all = drawn(true);
  expect(hierarchyTree(all)).toContain("├─ audit (external)  after seed\n");
  for (const text of [
    hierarchyDot(all),
    hierarchyMermaid(all).text,
    hierarchySvg(all),
    hierarchyTree(all, { level: "tasks" }),
  ]) {
    const shown = text.replaceAll("#40;", "(").replaceAll("#41;", ")");
    expect(shown).toContain("audit (external)");
    expect(shown).toContain("job 42 (external)");
  }
});

test("it is not drawn where it is not asked for", () => {
  expect(hierarchyTree(drawn(false))).not.toContain("external");
});

test("an expression is no danger to any format", () => {
  const evil = hierarchy(
    [
      job(
        "setup",
        HOSTILE_NAMES.map((name, at) => ({ ...runsExternal(`t${at}`, name), dependsOn: [] })),
      ),
    ],
    { externalJobs: true },
  );
  expect(hierarchySvg(evil)).not.toContain("<script>");
  // eslint-disable-next-line no-control-regex -- no escape of a terminal may get through
  expect(hierarchyTree(evil)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});
