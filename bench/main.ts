/**
 * `npm run bench`: time and memory of synthesizing many jobs with this library, policy included, against the class
 * that the provider package generates; and the start of the real app. Every app runs in a process of its own, the two
 * variants in turn, from compiled JavaScript (so that neither pays for TypeScript or source maps). Then the local
 * workspace, its notebooks, following runs, the check of bundles and stacks, and drawings: see local.ts, notebooks.ts,
 * runs.ts, check.ts, changed.ts, graph.ts, migration.ts and drift.ts.
 *
 * Options: `--json FILE` writes the figures, `--only synth`, `local`, `notebooks`, `runs`, `check`, `changed`, `graph`,
 * `migration` or `drift` measures one part,
 * `--sizes 100,1000` the numbers of jobs, `--runs N` how often each runs.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, relative, resolve } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { buildPackages } from "../packaging/build";
import { type CheckFigures, measureCheck } from "./check";
import { type ChangedFigures, measureChanged } from "./changed";
import type { DriftFigures } from "./drift";
import { GRAPH_FORMATS, type GraphRow, measureGraph } from "./graph";
import type { LocalFigures } from "./local";
import { measureMigration, type MigrationFigures } from "./migration";
import type { NotebookFigures } from "./notebooks";
import type { RunFigures } from "./runs";

const VARIANTS = ["jobstrata", "generated"] as const;
type Variant = (typeof VARIANTS)[number];

interface Measurement {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
}

interface Row extends Record<Variant, Measurement> {
  readonly jobs: number;
  readonly resources: number;
  /** How many times faster, by wall-clock time. */
  readonly speedup: number;
  /** Peak memory as a share of the generated class's. */
  readonly memoryShare: number;
}

const ROOT = resolve(__dirname, "..");
const PARTS = [
  "synth",
  "check",
  "changed",
  "graph",
  "migration",
  "drift",
  "local",
  "notebooks",
  "runs",
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: "string" },
      sizes: { type: "string", default: "100,1000,10000" },
      runs: { type: "string", default: "3" },
      only: { type: "string" },
    },
  });
  const sizes = values.sizes.split(",").map(Number);
  const runs = Number(values.runs);
  if (![...sizes, runs].every((number) => Number.isInteger(number) && number > 0)) {
    throw new Error("--sizes and --runs take whole numbers, 1 or more");
  }
  const { only } = values;
  if (only !== undefined && !PARTS.includes(only)) {
    throw new Error(`--only takes ${PARTS.join(", ")}`);
  }
  const wants = (part: string): boolean => only === undefined || only === part;
  const cache = join(ROOT, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "bench-"));
  try {
    console.log(`Node ${process.version}, ${cpus().length} cores\n`);
    if (only !== "notebooks") await compile(work);
    const synth = wants("synth") ? measureSynth(work, sizes, runs) : {};
    const checking = wants("check") ? { check: measureChecks(work, sizes, runs) } : {};
    const comparing = wants("changed") ? { changed: measureChanges(work) } : {};
    const drawing = wants("graph") ? { graph: await measureGraphs(work, sizes, runs) } : {};
    const moving = wants("migration") ? { migration: measureMoves(work, runs) } : {};
    const drifting = wants("drift") ? { drift: measureDrifts(work) } : {};
    const local = wants("local") ? { local: measureLocal(work) } : {};
    const following = wants("runs") ? { following: measureRuns(work) } : {};
    const notebooks = wants("notebooks") ? { notebooks: measureNotebooks() } : {};
    if (values.json !== undefined) {
      const figures = {
        node: process.version,
        cores: cpus().length,
        ...synth,
        ...checking,
        ...comparing,
        ...drawing,
        ...moving,
        ...drifting,
        ...local,
        ...following,
        ...notebooks,
      };
      writeFileSync(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);
    }
  } finally {
    rmSync(work, { recursive: true });
  }
}

function measureSynth(work: string, sizes: readonly number[], runs: number): object {
  console.log(`Synthesis, median of ${runs} runs`);
  const rows = sizes.map((jobs) => measure(work, jobs, runs));
  printTable(rows);
  const startCpuMs = median(Array.from({ length: runs + 1 }, measureStart).slice(1));
  console.log(
    `\nStart of the alerting app (node -r tsx/cjs main.ts): ${startCpuMs} ms of processor time`,
  );
  const importing = measureImport(work);
  const { ownMs, peersMs, share } = importing;
  console.log(
    `Import of @jobstrata/cdktf, after cdktf and the provider's job: ${round(ownMs)} ms (required 150 ms), ` +
      `${Math.round(share * 100)} % of what these take (${round(peersMs)} ms)`,
  );
  return { runs, rows, growth: growth(rows), startCpuMs, importing };
}

interface ImportFigures {
  /** Milliseconds for cdktf and the provider's job. */
  readonly peersMs: number;
  /** Milliseconds for the package after these. */
  readonly ownMs: number;
  /** Median of the second as a share of the first, each within one process. */
  readonly share: number;
}

/** What the package as it is published costs those who import it, in processes of their own. */
function measureImport(work: string): ImportFigures {
  const script = `
    const start = performance.now();
    require("cdktf");
    require("@cdktf/provider-databricks/lib/job");
    const between = performance.now();
    require("@jobstrata/cdktf");
    console.log(JSON.stringify([between - start, performance.now() - between]));`;
  const samples = Array.from({ length: 12 }, () => {
    const output = execFileSync(process.execPath, ["-e", script], {
      cwd: join(work, "js"),
      encoding: "utf8",
    });
    return JSON.parse(output) as [number, number];
  }).slice(1);
  return {
    peersMs: median(samples.map(([peers]) => peers)),
    ownMs: median(samples.map(([, own]) => own)),
    share: median(samples.map(([peers, own]) => own / peers)),
  };
}

function measureChecks(work: string, sizes: readonly number[], runs: number): CheckFigures {
  console.log(`\njobstrata check, median of ${runs} runs`);
  const figures = measureCheck(ROOT, work, sizes, runs);
  const { rows, small, hundred, lineage, rules, split } = figures;
  console.table(
    rows.map(({ jobs, files, bundle, synthesized }) => ({
      jobs: jobs + jobs / 5,
      files,
      "bundle s": round(bundle.wallMs / 1000),
      "bundle MiB": Math.round(bundle.peakMiB),
      "synthesized s": round(synthesized.wallMs / 1000),
      "synthesized MiB": Math.round(synthesized.peakMiB),
    })),
  );
  for (const [at, row] of rows.entries()) {
    const before = rows[at - 1];
    if (before === undefined) continue;
    const times = (of: (row: CheckFigures["rows"][number]) => number): number =>
      round(of(row) / of(before));
    console.log(
      `${before.jobs} -> ${row.jobs} (${row.jobs / before.jobs}x): bundle ${times((r) => r.bundle.wallMs)}x the time, synthesized ${times((r) => r.synthesized.wallMs)}x`,
    );
  }
  console.table({
    ...Object.fromEntries(
      rows.flatMap(({ jobs, bundle: { wallMs, peakMiB } }) => {
        const required = { 1000: "1.5 s", 10_000: "10 s, 600 MB" }[jobs];
        if (required === undefined) return [];
        const figure = `${round(wallMs / 1000)} s, ${Math.round(peakMiB)} MiB`;
        return [[`bundle of ${jobs + jobs / 5} jobs`, { figure, required }]];
      }),
    ),
    "100 bundles of 12 jobs": {
      figure: `${round(hundred.wallMs / 1000)} s, ${Math.round(hundred.peakMiB)} MiB`,
      required: "5 s",
    },
    "lineage of 1000 notebooks, first": {
      figure: `${round(lineage.first.wallMs / 1000)} s, ${Math.round(lineage.first.peakMiB)} MiB`,
      required: "10 s, 600 MB",
    },
    "the same, second": {
      figure: `${round(lineage.second.wallMs / 1000)} s, ${Math.round(lineage.second.peakMiB)} MiB`,
      required: "1 s, 600 MB",
    },
    "split of 1000 jobs of 10 notebooks": {
      figure: `${round(split.wallMs / 1000)} s, ${Math.round(split.peakMiB)} MiB`,
      required: "10 s",
    },
    "bundle of 6 jobs": { figure: `${Math.round(small.wallMs)} ms`, required: "400 ms" },
    [`rules alone, ${rules.jobs} jobs, ${rules.tasks} tasks`]: {
      figure: `${Math.round(rules.ms)} ms`,
      required: "300 ms",
    },
  });
  return figures;
}

function measureChanges(work: string): ChangedFigures {
  const figures = measureChanged(work);
  const row = ({ wallMs, peakMiB }: ChangedFigures["cold"], required: string): object => ({
    figure: `${round(wallMs / 1000)} s, ${Math.round(peakMiB)} MiB`,
    required,
  });
  console.log(`\njobstrata changed, a bundle of ${figures.jobs} jobs`);
  console.table({ first: row(figures.cold, "8 s"), "the same, second": row(figures.warm, "2 s") });
  return figures;
}

async function measureGraphs(
  work: string,
  sizes: readonly number[],
  runs: number,
): Promise<GraphRow[]> {
  console.log(
    `\njobstrata graph, median of ${runs} runs; times of whole commands, and as a multiple of JSON's`,
  );
  const rows = await measureGraph(work, sizes, runs);
  for (const { jobs, costs, page } of rows) {
    console.log(`\nBundle of ${jobs + jobs / 5} jobs`);
    console.table(
      Object.fromEntries(
        GRAPH_FORMATS.map((format) => {
          const { wallMs, peakMiB, bytes } = costs[format];
          return [
            format,
            {
              s: round(wallMs / 1000),
              "of JSON": round(wallMs / costs.json.wallMs),
              MiB: Math.round(peakMiB),
              KB: Math.round(bytes / 1000),
              required: format === "svg" && jobs === 1000 ? "5 s" : "",
            },
          ];
        }),
      ),
    );
    if (page === undefined) {
      console.log("The page was not opened: there is no browser.");
      continue;
    }
    const required = jobs === 1000 ? " (required 1 s)" : "";
    console.log(
      `In a browser, until a job has been clicked: ${Math.round(page.interactiveMs)} ms${required}; until a search has found one: ${Math.round(page.searchMs)} ms`,
    );
  }
  return rows;
}

function measureMoves(work: string, runs: number): MigrationFigures {
  const figures = measureMigration(work, runs);
  const row = ({ wallMs, peakMiB }: MigrationFigures["import"]): object => ({
    figure: `${round(wallMs / 1000)} s, ${Math.round(peakMiB)} MiB`,
    required: "10 s, 600 MB",
  });
  console.log(`\nA bundle of ${figures.jobs} jobs, median of ${runs} runs`);
  console.table({
    "jobstrata import": row(figures.import),
    "jobstrata export": row(figures.export),
  });
  return figures;
}

function measureDrifts(work: string): DriftFigures {
  const child = join(work, "js", "bench", "drift.js");
  const output = execFileSync(process.execPath, [child, work], { cwd: ROOT, encoding: "utf8" });
  const figures = JSON.parse(output) as DriftFigures;
  const { jobs, cpuMs, peakMiB, requests, requestSeconds } = figures;
  console.log(`\njobstrata drift, a bundle of ${jobs} jobs`);
  console.table({
    "processor time": { figure: `${round(cpuMs / 1000)} s` },
    memory: { figure: `${Math.round(peakMiB)} MiB`, required: "300 MB" },
    [`${requests} requests, at the rate that it keeps to`]: {
      figure: `${Math.round(requestSeconds)} s`,
      required: "300 s",
    },
  });
  return figures;
}

function measureLocal(work: string): LocalFigures {
  const child = join(work, "js", "bench", "local.js");
  const output = execFileSync(process.execPath, [child], { cwd: ROOT, encoding: "utf8" });
  const figures = JSON.parse(output) as LocalFigures;
  const { startMs, server, scheduler, page, deploy } = figures;
  const perSecond = (value: number): string => `${Math.round(value)} a second`;
  const mebibytes = (value: number): string => `${Math.round(value)} MiB`;
  const seconds = (value: number): string => `${round(value / 1000)} s`;
  const milliseconds = (value: number): string => `${round(value)} ms`;
  const tasks = `composite of ${scheduler.tasks} tasks that take no time`;
  console.log("\nLocal workspace");
  console.table({
    "start of the server": { figure: `${Math.round(startMs)} ms`, required: "500 ms" },
    [`${tasks}, in a chain`]: { figure: seconds(scheduler.chainMs), required: "1 s" },
    [`${tasks}, all after one`]: { figure: seconds(scheduler.fanOutMs), required: "1 s" },
    "jobs/create": { figure: perSecond(server.createPerSecond) },
    [`jobs/get of ${server.jobs} jobs`]: { figure: perSecond(server.getPerSecond) },
    [`run-now, ${server.runs} runs`]: { figure: perSecond(server.runNowPerSecond) },
    "memory of the server, empty": { figure: mebibytes(server.emptyMiB) },
    [`memory with ${server.jobs} jobs`]: { figure: mebibytes(server.jobsMiB) },
    [`memory with ${server.runs} runs as well`]: { figure: mebibytes(server.runsMiB) },
    [`page: hierarchy of ${page.jobs} jobs, the first time`]: {
      figure: milliseconds(page.firstHierarchyMs),
    },
    "page: after a job has changed": { figure: milliseconds(page.hierarchyMs) },
    [`page: newest of ${page.runs} runs`]: { figure: milliseconds(page.runsMs) },
    [`page: a run with ${page.children} runs below it`]: { figure: milliseconds(page.treeMs) },
    [`run-now, ${page.jobs} jobs`]: { figure: perSecond(page.runNowPerSecond) },
    "run-now while a page is open": { figure: perSecond(page.runNowHeardPerSecond) },
    ...(deploy && {
      [`terraform apply of ${deploy.jobs} jobs`]: { figure: seconds(deploy.applyMs) },
      "processor time of provider and server in it": { figure: seconds(deploy.applyOwnCpuMs) },
      "terraform plan of them, unchanged": { figure: seconds(deploy.unchangedPlanMs) },
    }),
  });
  if (deploy === undefined) console.log("No apply: neither terraform nor tofu is on the PATH.");
  return figures;
}

function measureRuns(work: string): RunFigures {
  const child = join(work, "js", "bench", "runs.js");
  const output = execFileSync(process.execPath, [child], { cwd: ROOT, encoding: "utf8" });
  const figures = JSON.parse(output) as RunFigures;
  const { children, lookCpuMs, lookMs, lookRequests, peakMiB, lagMs, pollMs, startMs } = figures;
  const ms = (value: number): string => `${Math.round(value)} ms`;
  console.log(`\nFollowing a run of ${children} jobs that are all under way`);
  console.table({
    "processor time of a look": { figure: ms(lookCpuMs), required: "100 ms" },
    "duration of a look": { figure: ms(lookMs) },
    "requests of a look": { figure: Math.round(lookRequests) },
    "memory of the follower": { figure: `${Math.round(peakMiB)} MiB`, required: "150 MB" },
    [`end of a task until it is shown, a look every ${pollMs / 1000} s (worst)`]: {
      figure: ms(lagMs),
      required: ms(1000 + pollMs),
    },
    "start of the command until the request to run": { figure: ms(startMs), required: "500 ms" },
  });
  return figures;
}

function measureNotebooks(): NotebookFigures {
  const child = join(ROOT, "bench", "notebooks.ts");
  const args = ["-r", require.resolve("tsx/cjs"), child];
  const figures = JSON.parse(
    execFileSync(process.execPath, args, {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  ) as NotebookFigures;
  const row = (ms: number, required?: string): object => ({
    figure: `${round(ms / 1000)} s`,
    ...(required !== undefined && { required }),
  });
  const { seeded, synced } = figures;
  console.log("\nNotebooks in the local workspace");
  console.table({
    "a notebook that does nothing": row(figures.emptyMs),
    "a notebook that asks Spark for a row": row(figures.sparkMs, "3 s"),
    "the alerting layer, the first time": row(figures.orchestratorColdMs),
    "the alerting layer, again": row(figures.orchestratorWarmMs, "30 s"),
    [`seeding ${seeded} alerts`]: row(figures.seedMs, "30 s"),
    [`syncing ${synced} new alerts`]: row(figures.syncNewMs, "60 s"),
    [`syncing ${synced} alerts that have not changed`]: row(figures.syncUnchangedMs),
  });
  return figures;
}

async function compile(work: string): Promise<void> {
  const tsc = require.resolve("typescript/bin/tsc");
  // The projects of the repository write types only.
  const project = join(work, "tsconfig.json");
  const compilerOptions = {
    composite: false,
    declaration: false,
    emitDeclarationOnly: false,
    lib: ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: ["node", "jest"],
    rootDir: ROOT,
    outDir: join(work, "js"),
  };
  const include = ["main.ts", "bench", "packaging", "src", "__tests__"].map((name) =>
    join(ROOT, name),
  );
  const exclude = [join(ROOT, "**", "node_modules")];
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions,
      include,
      exclude,
    }),
  );
  execFileSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" });
  // What is measured is what users install.
  await buildPackages(join(work, "js", "node_modules"));
}

function measure(work: string, jobs: number, runs: number): Row {
  const samples: Record<Variant, Measurement[]> = { jobstrata: [], generated: [] };
  let resources = 0;
  for (let run = 0; run < runs; run++) {
    for (const variant of VARIANTS) {
      // Relative and equally long for both, since the path of the state file depends on it.
      const outdir = relative(ROOT, join(work, variant));
      rmSync(resolve(ROOT, outdir), { recursive: true, force: true });
      mkdirSync(resolve(ROOT, outdir));
      const child = [join(work, "js", "bench", "child.js"), variant, String(jobs), outdir];
      const output = execFileSync(process.execPath, child, { cwd: ROOT, encoding: "utf8" });
      samples[variant].push(JSON.parse(output) as Measurement);
    }
    resources = compare(join(work, "jobstrata"), join(work, "generated"));
  }
  const jobstrata = medianOf(samples.jobstrata);
  const generated = medianOf(samples.generated);
  return {
    jobs,
    resources,
    jobstrata,
    generated,
    speedup: generated.wallMs / jobstrata.wallMs,
    memoryShare: jobstrata.peakMiB / generated.peakMiB,
  };
}

/** Throws unless both variants have made the same configuration; gives the number of job resources in it. */
function compare(a: string, b: string): number {
  let resources = 0;
  for (const stack of readdirSync(join(b, "stacks"))) {
    const [ours, theirs] = [a, b].map(
      (outdir) =>
        JSON.parse(readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8")) as Config,
    );
    // Comments for the command line are not part of the configuration.
    for (const config of [ours, theirs]) delete config?.["//"].jobstrata;
    if (!isDeepStrictEqual(ours, theirs))
      throw new Error(`stack ${stack} differs between the variants`);
    resources += Object.keys(ours?.resource.databricks_job ?? {}).length;
  }
  return resources;
}

interface Config {
  readonly "//": { jobstrata?: unknown };
  readonly resource: { readonly databricks_job: object };
}

/** Processor time of the app as `cdktf synth` starts it, its children included, in milliseconds. */
function measureStart(): number {
  const outdir = mkdtempSync(join(ROOT, "node_modules", ".cache", "bench-start-"));
  try {
    // The shell's `times` is the only portable way to learn the time of finished children.
    const script = '"$0" -r tsx/cjs main.ts && times';
    const env = { ...process.env, CDKTF_OUTDIR: outdir };
    const output = execFileSync("sh", ["-c", script, process.execPath], {
      cwd: ROOT,
      env,
      encoding: "utf8",
    });
    const children = output.trim().split("\n").at(-1) ?? "";
    const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
      ([, m, s]) => Number(m) * 60 + Number(s),
    );
    return Math.round(seconds.reduce((sum, value) => sum + value, 0) * 1000);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function printTable(rows: readonly Row[]): void {
  console.table(
    rows.map(({ jobs, resources, jobstrata, generated, speedup, memoryShare }) => ({
      jobs,
      resources,
      "jobstrata s": round(jobstrata.wallMs / 1000),
      "generated s": round(generated.wallMs / 1000),
      "times faster": round(speedup),
      "jobstrata MiB": Math.round(jobstrata.peakMiB),
      "generated MiB": Math.round(generated.peakMiB),
      "memory %": Math.round(memoryShare * 100),
    })),
  );
  for (const { from, to, jobstrata, generated } of growth(rows)) {
    console.log(
      `${from} -> ${to} jobs (${to / from}x): jobstrata takes ${round(jobstrata)}x the time, generated ${round(generated)}x`,
    );
  }
}

function growth(
  rows: readonly Row[],
): { from: number; to: number; jobstrata: number; generated: number }[] {
  return rows.slice(1).map((row, i) => {
    const before = rows[i] ?? row;
    return {
      from: before.jobs,
      to: row.jobs,
      jobstrata: row.jobstrata.wallMs / before.jobstrata.wallMs,
      generated: row.generated.wallMs / before.generated.wallMs,
    };
  });
}

function medianOf(samples: readonly Measurement[]): Measurement {
  return {
    wallMs: median(samples.map(({ wallMs }) => wallMs)),
    cpuMs: median(samples.map(({ cpuMs }) => cpuMs)),
    peakMiB: median(samples.map(({ peakMiB }) => peakMiB)),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

void main();
