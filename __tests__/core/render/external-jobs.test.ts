import { type HierarchyDocument, hierarchyDocument } from "../../../src/core/render/document";
import { hierarchyDot } from "../../../src/core/render/dot";
import { JobGraph } from "../../../src/core/model/job-graph";
import type { JobSpec } from "../../../src/core/model/job-spec";
import { diffMermaid } from "../../../src/core/render/diff/diff-mermaid";
import {
  diffHierarchies,
  type HierarchyDiff,
  type JobDiff,
} from "../../../src/core/render/diff/hierarchy-diff";
import type { JobPair } from "../../../src/core/render/diff/job-pairs";
import { type Hierarchy, UnknownJobs } from "../../../src/core/render/hierarchy";
import { jobPages } from "../../../src/core/render/job-page";
import { hierarchyMermaid } from "../../../src/core/render/mermaid";
import { hierarchySvg } from "../../../src/core/render/svg";
import { hierarchyTree } from "../../../src/core/render/tree";
import { hierarchyJson } from "../../../src/cli/local/hierarchy-of-jobs";
import { HOSTILE_NAMES, hierarchy, job, notebook, runs, task } from "./support";

/** A task that runs an external job. */
const runsExternal = (taskKey: string, expression: string, jobId?: string) =>
  task(taskKey, {
    types: ["run_job_task"],
    dependsOn: ["run_seed"],
    runJob: { kind: "external", expression, ...(jobId !== undefined && { jobId }) },
  });

const changed = (pair: JobPair): JobDiff => ({
  ...pair,
  change: "changed",
  attributes: [],
  parameters: [],
  tasks: [],
});

const AUDIT = "${data.databricks_job.audit.id}";

function jobs(): JobSpec[] {
  return [
    job("setup", [runs("seed"), runsExternal("audit", AUDIT), runsExternal("ingest", "42", "42")]),
    job("nightly", [
      runs("setup"),
      task("each", { types: ["for_each_task"], forEach: runsExternal("audit_each", AUDIT) }),
    ]),
    job("seed", [notebook("seed", "seed.py")]),
  ];
}

function drawn(): Hierarchy {
  return hierarchy(jobs());
}

test("a declared external job is drawn once, with what runs it and what comes before it", () => {
  const { jobs, edges } = hierarchyDocument(drawn());
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
  const all = drawn();
  expect(hierarchyTree(all)).toContain("├─ 2. audit (external)  after seed\n");
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

test("it is marked for programs", () => {
  const { jobs } = hierarchyDocument(drawn());
  expect(jobs.filter(({ external }) => external === true).map(({ key }) => key)).toEqual([
    "audit (external)",
    "job 42 (external)",
  ]);
});

test("pages name and draw it, but it has no page and is not counted", () => {
  const pages = jobPages(new JobGraph("dev", jobs()));
  expect([...pages.keys()].sort()).toEqual(["README.md", "nightly.md", "seed.md", "setup.md"]);
  const index = pages.get("README.md") ?? "";
  expect(index).toContain("3 jobs: 2 composite, 1 atomic.");
  expect(index).toContain('["audit #40;external#41;"]');
  const setup = pages.get("setup.md") ?? "";
  expect(setup).toContain('["job 42 #40;external#41;"]');
  expect(setup).toContain("runs audit \\(external\\)");
  expect(setup).toContain("- audit \\(external\\), task audit");
});

describe("what changes", () => {
  const diffOf = (before: readonly JobSpec[], after: readonly JobSpec[]): HierarchyDiff => {
    const diff = diffHierarchies(new JobGraph("dev", before), new JobGraph("dev", after));
    if (diff instanceof UnknownJobs) throw new Error(diff.names.join());
    return diff;
  };
  const seed = job("seed", [notebook("seed", "seed.py")]);
  const without = [job("setup", [runs("seed")]), seed];
  const withAudit = [job("setup", [runs("seed"), runsExternal("audit", AUDIT)]), seed];

  test("is drawn with an external job that a job begins to run", () => {
    const diff = diffOf(without, withAudit);
    const { text } = diffMermaid(diff);
    expect(text).toContain('["#43; audit #40;external#41;"]');
    expect(text).toMatch(/j0 -->\|"#43;"\| j\d/);
    expect(diff.edges.filter(({ change }) => change === "added")).toEqual([
      expect.objectContaining({ kind: "depends_on", from: "seed", to: "audit (external)" }),
      expect.objectContaining({ kind: "run_job", from: "setup", to: "audit (external)" }),
    ]);
    // It is none of the jobs that are deployed from here.
    expect(diff.counts).toEqual({ before: 2, after: 2 });
    expect(diff.jobs.map(({ key }) => key)).toEqual(["setup"]);
  });

  test("and with one that no job runs any more", () => {
    const { text } = diffMermaid(diffOf(withAudit, without));
    expect(text).toContain('["#45; audit #40;external#41;"]');
  });

  test("and beside a job that changes otherwise, if it is known by another name than before", () => {
    const known = (expression: string, name: string): JobSpec[] => [
      job("setup", [runsExternal("audit", expression, "42")], { name }),
    ];
    const diff = diffOf(known("${data.state 42}", "Setup"), known(AUDIT, "All"));
    const { text } = diffMermaid({ ...diff, jobs: diff.all.slice(0, 1).map(changed) });
    expect(text).toContain('["audit #40;external#41;"]');
    expect(text).not.toContain("job 42");
    expect(diff.edges.map(({ change }) => change)).toEqual([undefined]);
  });
});

test("the live page of a workspace draws a job of another environment as an external one", () => {
  const named = (name: string, tasks: object[] = []) => ({ name, tasks });
  const json = hierarchyJson("http://127.0.0.1:1", [
    { job_id: 7, settings: named("Billing") },
    {
      job_id: 8,
      settings: named("[dev] Setup", [{ task_key: "bill", run_job_task: { job_id: 7 } }]),
    },
  ]);
  const { environments } = JSON.parse(json) as { environments: HierarchyDocument[] };
  const dev = environments.find(({ environment }) => environment === "dev");
  expect(dev?.jobs.map(({ id, external }) => [id, external])).toEqual([
    ["http://127.0.0.1:1/jobs/8", undefined],
    ["external:7", true],
  ]);
  expect(dev?.jobs[1]?.key).toBe("job 7 (external)");
});

test("an expression is escaped in every format", () => {
  const evil = hierarchy([
    job(
      "setup",
      HOSTILE_NAMES.map((name, at) => ({ ...runsExternal(`t${at}`, name), dependsOn: [] })),
    ),
  ]);
  expect(hierarchySvg(evil)).not.toContain("<script>");
  // eslint-disable-next-line no-control-regex -- no escape of a terminal may get through
  expect(hierarchyTree(evil)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});
