/** Measures `jobstrata check` on bundles and on the same jobs synthesized, in processes of their own, and the rules alone. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Cost, costOfCommand, figuresOf, median, medianCost, ROOT } from "./figures";
import { writeLineageBundle } from "./lineage";

/** How many atomic jobs each composite job runs. */
const RUN_BY_ONE = 5;
const RULES_OF = 10_000;
const UNSPLIT_JOBS = 1000;

/** Reads what its task passes, so that the check has nothing to say of it. */
const NOTEBOOK = `# Databricks notebook source
print(dbutils.widgets.get("catalog"), dbutils.widgets.get("gold_schema"))
`;

/** One size of project. */
export interface CheckRow {
  /** Atomic jobs; there is a composite job for every five. */
  readonly jobs: number;
  /** Files of the bundle, notebooks not counted. */
  readonly files: number;
  readonly bundle: Cost;
  readonly synthesized: Cost;
}

/** What {@link measureCheck} finds. */
export interface CheckFigures {
  readonly rows: readonly CheckRow[];
  /** The bundle of the specification: six jobs. */
  readonly small: Cost;
  /** A folder of a hundred bundles of twelve jobs each, as one law and one graph. */
  readonly hundred: Cost;
  /** The rules of lineage on 1,000 notebooks of 300 lines: nothing known of them, and everything. */
  readonly lineage: { readonly first: Cost; readonly second: Cost };
  /** `jobstrata split` of 1,000 jobs of ten notebooks, a file each. */
  readonly split: Cost;
  /** The rules that apply by default, on a graph in memory and notebooks that are known, the first time in their process. */
  readonly rules: { readonly jobs: number; readonly tasks: number; readonly ms: number };
}

/** Writes a bundle of `jobs` atomic jobs, one file a job, with their notebooks. `title` begins the names of jobs. */
export function writeBundle(folder: string, jobs: number, title = "Load"): number {
  mkdirSync(join(folder, "resources"), { recursive: true });
  mkdirSync(join(folder, "src"));
  writeFileSync(
    join(folder, "databricks.yml"),
    `bundle:
  name: load
include:
  - resources/*.yml
variables:
  catalog:
    default: bench
  gold_schema:
    default: gold
targets:
  bench:
    default: true
`,
  );
  let files = 1;
  const write = (key: string, text: string): void => {
    files++;
    writeFileSync(
      join(folder, "resources", `${key}.yml`),
      `resources:\n  jobs:\n    ${key}:\n${text}`,
    );
  };
  for (let i = 0; i < jobs; i++) {
    writeFileSync(join(folder, "src", `table_${i}.py`), NOTEBOOK);
    write(
      `table_${i}_job`,
      `      name: "[\${bundle.target}] ${title} - Table ${i}"
      description: "Atomic job: Loads table ${i}"
      environments:
        - environment_key: default
          spec:
            environment_version: "4"
      tasks:
        - task_key: load
          environment_key: default
          notebook_task:
            notebook_path: ../src/table_${i}.py
            base_parameters:
              catalog: \${var.catalog}
              gold_schema: \${var.gold_schema}
      tags:
        job_level: atomic
        layer: load
        purpose: load
`,
    );
  }
  for (let group = 0; group < jobs / RUN_BY_ONE; group++) {
    const tasks = Array.from(
      { length: RUN_BY_ONE },
      (_, at) => `        - task_key: load_${at}
${at === 0 ? "" : "          depends_on:\n            - task_key: load_0\n"}          run_job_task:
            job_id: \${resources.jobs.table_${group * RUN_BY_ONE + at}_job.id}
`,
    );
    write(
      `group_${group}_job`,
      `      name: "[\${bundle.target}] ${title} - Group ${group}"
      description: "Composite job: Loads ${RUN_BY_ONE} tables"
      tasks:
${tasks.join("")}      tags:
        job_level: composite
        layer: load
        orchestrator: "true"
`,
    );
  }
  return files;
}

/**
 * @param work folder that holds the compiled project in `js`
 * @param runs how often each runs; the median counts
 */
export function measureCheck(work: string, sizes: readonly number[], runs: number): CheckFigures {
  const js = join(work, "js");
  const times = <T>(measure: () => T): T[] => Array.from({ length: runs }, measure);
  const cost = (path: string): Cost => medianCost(times(() => costOf(js, path)));
  const rows = sizes.map((jobs): CheckRow => {
    const { files, bundle, outdir } = writeBoth(work, jobs);
    return { jobs, files, bundle: cost(bundle), synthesized: cost(outdir) };
  });
  const many = join(work, "rules");
  writeBundle(many, RULES_OF);
  const judged = times(
    () => figuresOf(work, "rules", join(many, "databricks.yml")) as CheckFigures["rules"],
  );
  const [{ jobs, tasks } = { jobs: 0, tasks: 0 }] = judged;
  const hundred = join(work, "hundred");
  for (let at = 0; at < 100; at++) writeBundle(join(hundred, `bundle_${at}`), 10, `Load ${at}`);
  return {
    rows,
    rules: { jobs, tasks, ms: median(judged.map(({ ms }) => ms)) },
    lineage: lineageCosts(work),
    split: splitCost(work),
    small: cost(join(ROOT, "__tests__", "fixtures", "alerting-bundle")),
    hundred: cost(hundred),
  };
}

/** Writes the same jobs as a bundle and as synthesized stacks. */
function writeBoth(
  work: string,
  jobs: number,
): { readonly files: number; readonly bundle: string; readonly outdir: string } {
  const bundle = join(work, "bundle");
  const outdir = join(work, "synthesized");
  for (const folder of [bundle, outdir]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(outdir);
  const files = writeBundle(bundle, jobs);
  figuresOf(work, "child", "jobstrata", String(jobs), outdir);
  return { files, bundle, outdir };
}

function lineageCosts(work: string): CheckFigures["lineage"] {
  const notebooks = join(work, "lineage");
  writeLineageBundle(notebooks);
  process.env.JOBSTRATA_CACHE = join(work, "lineage-cache");
  const cost = (): Cost => {
    const command = ["check", notebooks, "--preset", "correctness"];
    const { wallMs, peakMiB } = costOfCommand(join(work, "js"), command);
    return { wallMs, peakMiB };
  };
  return { first: cost(), second: cost() };
}

function splitCost(work: string): Cost {
  const unsplit = join(work, "split");
  writeUnsplitBundle(unsplit);
  const { output, ...cost } = costOfCommand(join(work, "js"), ["split", unsplit]);
  if (output.split("composite of 10 atomic jobs").length !== UNSPLIT_JOBS + 1)
    throw new Error(`split left something:\n${output}`);
  return cost;
}

/** Writes jobs of ten notebooks that depend on each other in a row. */
function writeUnsplitBundle(folder: string): void {
  for (const name of ["resources", "src"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(
    join(folder, "databricks.yml"),
    "bundle: { name: flows }\ninclude: [resources/*.yml]\ntargets: { bench: { default: true } }\n",
  );
  for (let job = 0; job < UNSPLIT_JOBS; job++) {
    const tasks = Array.from({ length: 10 }, (_, at) => {
      writeFileSync(join(folder, "src", `step_${job}_${at}.py`), NOTEBOOK);
      return `        - task_key: step_${at}
${at === 0 ? "" : `          depends_on:\n            - task_key: step_${at - 1}\n`}          environment_key: default
          notebook_task:
            notebook_path: ../src/step_${job}_${at}.py
            base_parameters:
              catalog: main
              gold_schema: "{{job.run_id}}"
`;
    });
    writeFileSync(
      join(folder, "resources", `flow_${job}.yml`),
      `resources:
  jobs:
    flow_${job}_job:
      name: Flow ${job}
      environments:
        - environment_key: default
          spec:
            environment_version: "4"
      tasks:
${tasks.join("")}`,
    );
  }
}

/** What one `jobstrata check` costs. It must find nothing: what it judges is in order. */
function costOf(js: string, path: string): Cost {
  const { output, ...cost } = costOfCommand(js, ["check", path]);
  if (!output.includes("no findings")) throw new Error(`check found something:\n${output}`);
  return cost;
}
