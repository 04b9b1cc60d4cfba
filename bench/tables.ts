/** Prints the figures of each part as tables, with what is required of them. */
import type { ChangedFigures } from "./changed";
import type { CheckFigures } from "./check";
import type { DriftFigures } from "./drift";
import { round } from "./figures";
import { GRAPH_FORMATS, type GraphRow } from "./graph";
import type { LocalFigures } from "./local";
import type { MigrationFigures } from "./migration";
import type { NotebookFigures } from "./notebooks";
import type { RunFigures } from "./runs";
import type { SynthFigures } from "./synth";

export function printSynth(figures: SynthFigures): void {
  const { runs, rows, growth, startCpuMs, importing } = figures;
  console.log(`Synthesis, median of ${runs} runs`);
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
  for (const { from, to, jobstrata, generated } of growth) {
    console.log(
      `${from} -> ${to} jobs (${to / from}x): jobstrata takes ${round(jobstrata)}x the time, generated ${round(generated)}x`,
    );
  }
  console.log(
    `\nStart of the alerting app (node -r tsx/cjs main.ts): ${startCpuMs} ms of processor time`,
  );
  const { ownMs, peersMs, share } = importing;
  console.log(
    `Import of @jobstrata/cdktf, after cdktf and the provider's job: ${round(ownMs)} ms (required 150 ms), ` +
      `${Math.round(share * 100)} % of what these take (${round(peersMs)} ms)`,
  );
}

export function printCheck(figures: CheckFigures, runs: number): void {
  console.log(`\njobstrata check, median of ${runs} runs`);
  printCheckRows(figures.rows);
  printCheckRequirements(figures);
}

function printCheckRows(rows: CheckFigures["rows"]): void {
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
}

function printCheckRequirements(figures: CheckFigures): void {
  const { rows, small, hundred, lineage, rules, split } = figures;
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
}

export function printChanged(figures: ChangedFigures): void {
  const row = ({ wallMs, peakMiB }: ChangedFigures["cold"], required: string): object => ({
    figure: `${round(wallMs / 1000)} s, ${Math.round(peakMiB)} MiB`,
    required,
  });
  console.log(`\njobstrata changed, a bundle of ${figures.jobs} jobs`);
  console.table({ first: row(figures.cold, "8 s"), "the same, second": row(figures.warm, "2 s") });
}

export function printGraph(rows: readonly GraphRow[], runs: number): void {
  console.log(
    `\njobstrata graph, median of ${runs} runs; times of whole commands, and as a multiple of JSON's`,
  );
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
}

export function printMigration(figures: MigrationFigures, runs: number): void {
  const row = ({ wallMs, peakMiB }: MigrationFigures["import"]): object => ({
    figure: `${round(wallMs / 1000)} s, ${Math.round(peakMiB)} MiB`,
    required: "10 s, 600 MB",
  });
  console.log(`\nA bundle of ${figures.jobs} jobs, median of ${runs} runs`);
  console.table({
    "jobstrata import": row(figures.import),
    "jobstrata export": row(figures.export),
  });
}

export function printDrift(figures: DriftFigures): void {
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
}

export function printLocal(figures: LocalFigures): void {
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
}

export function printRuns(figures: RunFigures): void {
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
}

export function printNotebooks(figures: NotebookFigures): void {
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
}
