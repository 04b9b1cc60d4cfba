/**
 * Measures synthesis with this library, policy included, against the class that the provider package generates; the start of
 * the alerting app; and the import of the published package. Every app runs in a process of its own, the two variants in turn,
 * from compiled JavaScript, so that neither pays for TypeScript or source maps.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Cost, figuresOf, median, medianCost, ROOT } from "./figures";

const VARIANTS = ["jobstrata", "generated"] as const;
type Variant = (typeof VARIANTS)[number];

interface Measurement extends Cost {
  readonly cpuMs: number;
}

/** One number of jobs. */
export interface SynthRow extends Record<Variant, Measurement> {
  readonly jobs: number;
  readonly resources: number;
  /** How many times faster, by wall-clock time. */
  readonly speedup: number;
  /** Peak memory as a share of the generated class's. */
  readonly memoryShare: number;
}

/** How many times longer each variant takes for more jobs. */
interface Growth extends Record<Variant, number> {
  readonly from: number;
  readonly to: number;
}

/** What {@link measureSynth} finds. */
export interface SynthFigures {
  /** How often each app ran; the median counts. */
  readonly runs: number;
  readonly rows: readonly SynthRow[];
  readonly growth: readonly Growth[];
  /** Processor time of the start of the alerting app; milliseconds. */
  readonly startCpuMs: number;
  readonly importing: ImportFigures;
}

interface ImportFigures {
  /** Milliseconds for cdktf and the provider's job. */
  readonly peersMs: number;
  /** Milliseconds for the package after these. */
  readonly ownMs: number;
  /** Median of the second as a share of the first, each within one process. */
  readonly share: number;
}

/** @param work folder that holds the compiled project in `js` */
export function measureSynth(work: string, sizes: readonly number[], runs: number): SynthFigures {
  const rows = sizes.map((jobs) => rowOf(work, jobs, runs));
  const startCpuMs = median(Array.from({ length: runs + 1 }, measureStart).slice(1));
  return { runs, rows, growth: growth(rows), startCpuMs, importing: measureImport(work) };
}

function rowOf(work: string, jobs: number, runs: number): SynthRow {
  const samples: Record<Variant, Measurement[]> = { jobstrata: [], generated: [] };
  let resources = 0;
  for (let run = 0; run < runs; run++) {
    for (const variant of VARIANTS) {
      // Relative and equally long for both, since the path of the state file depends on it.
      const outdir = relative(ROOT, join(work, variant));
      rmSync(resolve(ROOT, outdir), { recursive: true, force: true });
      mkdirSync(resolve(ROOT, outdir));
      samples[variant].push(figuresOf(work, "child", variant, String(jobs), outdir) as Measurement);
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

function growth(rows: readonly SynthRow[]): Growth[] {
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
    ...medianCost(samples),
    cpuMs: median(samples.map(({ cpuMs }) => cpuMs)),
  };
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
