import { resolve } from "node:path";
import { Argument, type Command, Option } from "commander";
import { JobstrataError } from "@jobstrata/core/errors";
import {
  atLeast,
  type CheckReport,
  openFindings,
  printable,
  type Severity,
} from "@jobstrata/core/model";
import { posixRelative } from "@jobstrata/core/paths";
import { CHECK_FORMATS, type CheckFormat, counted } from "@jobstrata/core/report";
import { matrixOf } from "../changed/command";
import type { ChangedDocument } from "../changed/document";
import { checkReadings } from "../check/findings";
import { checkText, parseOutput, writeReport } from "../check/outputs";
import { Interrupts } from "../interrupts";
import type { Io } from "../io";
import { addSourceOptions, readSources, type SourcesOptions } from "../sources/options";
import { styleFor } from "../terminal";
import { ciRun, takeTokens } from "./ci-environment";
import { compareWithBase, type Comparison, type Job, testCommand } from "./compare";
import { type PlanSummary, readPlan } from "./plan";
import { publish } from "./publish";
import { compareFindings, type Review } from "./review";
import { reviewJson } from "./review-json";
import { isNews, reviewMarkdown } from "./review-markdown";
import { writeStepOutputs } from "./step-outputs";

/** Options of `jobstrata review`. */
interface ReviewOptions extends SourcesOptions {
  readonly target: readonly string[];
  readonly baseline?: string;
  readonly failOn?: Severity;
  readonly findings: "new" | "all";
  readonly plan: readonly string[];
  readonly name?: string;
  readonly format: CheckFormat;
  readonly output: readonly string[];
  readonly publish?: boolean;
  /** False with `--no-comment`. */
  readonly comment: boolean;
}

const FORMATS = Object.keys(CHECK_FORMATS) as CheckFormat[];
/** Formats that show only the counted findings; the others contain all, for tools that compare findings themselves. */
const OF_CHANGE: readonly CheckFormat[] = ["text", "github", "azure"];

/** Adds `jobstrata review`. */
export function addReviewCommand(program: Command, io: Io): void {
  const collect = (value: string, before: readonly string[]): string[] => [...before, value];
  addSourceOptions(program.command("review"))
    .description("report what a change does to the jobs, with its findings, for a pull request")
    // CI systems pass inputs that are not set as empty.
    .addArgument(
      new Argument(
        "[base]",
        "what to compare with: a git revision, a folder, a plan or state",
      ).default("", "the base of the CI run, else HEAD"),
    )
    .addArgument(new Argument("[path]", "a source that check reads").default("", "this folder"))
    .addOption(
      new Option("-t, --target <name>", "only this target or environment; may be repeated")
        .argParser(collect)
        .default([], "all"),
    )
    .option("--config <file>", "configuration file, instead of jobstrata.config.json or .yaml")
    .option("--baseline <file>", "accepted findings, instead of jobstrata.baseline.json")
    .addOption(
      new Option("--findings <which>", "findings that fail the review: only new ones, or all")
        .choices(["new", "all"])
        .default("new"),
    )
    .addOption(
      new Option(
        "--fail-on <severity>",
        "exit with 1 for findings of this severity and above",
      ).choices(["error", "warning", "info"]),
    )
    .addOption(
      new Option("--plan <file>", "summarize a plan (terraform show -json); may be repeated")
        .argParser(collect)
        .default([], "none"),
    )
    .addOption(
      new Option("--format <format>", "what to print").choices(FORMATS).default("markdown"),
    )
    .addOption(
      new Option("--output <[format=]file>", "write a report to a file; may be repeated")
        .argParser(collect)
        .default([], "none"),
    )
    .option("--publish", "in CI: write the job summary and the comment on the pull request")
    .option("--no-comment", "with --publish: write the job summary only")
    .option(
      "--name <name>",
      "distinguishes several reviews of one pull request (default: the path)",
    )
    .action(async (base: string, path: string, options: ReviewOptions) => {
      io.exitCode = await interruptible((signal) => runReview(base, path, options, io, signal), io);
    });
}

/** Removes temporary files if the user interrupts the review. */
async function interruptible(
  run: (signal: AbortSignal) => Promise<number>,
  io: Io,
): Promise<number> {
  const aborted = new AbortController();
  const interrupts = new Interrupts(
    () => {
      io.err("Stopped jobstrata review; it had not finished");
      aborted.abort(interrupts.exitCode);
    },
    (code) => process.exit(code),
  );
  try {
    const code = await run(aborted.signal);
    return interrupts.exitCode ?? code;
  } catch (error) {
    if (interrupts.exitCode === undefined) throw error;
    return interrupts.exitCode;
  } finally {
    interrupts.stop();
  }
}

/** Reviews the jobs at a path. @throws {JobstrataError} `source`, `config` if there is nothing to review */
async function runReview(
  base = "",
  given = "",
  options: ReviewOptions,
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const { target, format, source, local } = options;
  if (source === "workspace" || local === true)
    throw new JobstrataError(
      "config",
      "a workspace cannot be reviewed: review the source of its jobs",
    );
  const path = given === "" ? "." : given;
  const outputs = options.output.map((output) => parseOutput(output, format, FORMATS));
  const plans = options.plan.map(readPlan);
  const env = options.publish === true ? takeTokens(process.env) : process.env;
  const run = ciRun(env);
  const job = { env, ...(run && { run }) };
  const readings = await readSources([path], options, target, io);
  const report = await checkReadings(readings, options);
  const request = { ...options, path, readings };
  const compared = await compareWithBase(base === "" ? undefined : base, request, job, io, signal);
  const { document } = compared;
  const review = reviewOf(compared, report, plans, options.name ?? nameOf(path));
  const counting = options.findings === "all" ? openFindings(report) : review.findings.added;
  const isFailed = counting.some(({ severity }) => atLeast(severity, report.failOn));
  const exitCode = report.incomplete ? 2 : isFailed ? 1 : 0;
  const text = (chosen: CheckFormat, isPrinted = false): string => {
    if (chosen === "markdown") return reviewMarkdown(review);
    if (chosen === "json") return reviewJson(review, document, exitCode);
    const shown: CheckReport = {
      ...report,
      ...(OF_CHANGE.includes(chosen) && { findings: counting }),
    };
    return checkText(chosen, shown, isPrinted ? { style: styleFor() } : {});
  };
  for (const output of outputs) writeReport(output.file, text(output.format));
  if (!outputs.some(({ isMain }) => isMain)) io.out(text(format, true).trimEnd());
  const { known } = review.findings;
  if (OF_CHANGE.includes(format) && options.findings === "new" && known > 0)
    io.err(`note: ${counted(known, "finding")} of the base not shown; --findings all shows all`);
  if (format !== "markdown")
    for (const problem of review.problems) io.err(`note: ${printable(problem)}`);
  if (options.publish === true && !signal.aborted)
    await publishReview(review, document, job, options, io);
  return exitCode;
}

function reviewOf(
  { since, document, problems, hierarchy, affected, findings }: Comparison,
  report: CheckReport,
  plans: readonly PlanSummary[],
  name: string,
): Review {
  const test = document && testCommand(document);
  return {
    name,
    ...(since !== undefined && { since }),
    problems,
    hierarchy,
    affected,
    jobs: report.distinct.jobs,
    ...(test !== undefined && { testCommand: test }),
    stacks: document?.stacks ?? [],
    findings: compareFindings(report, findings),
    plans,
  };
}

async function publishReview(
  review: Review,
  document: ChangedDocument | undefined,
  { run, env }: Job,
  { comment }: ReviewOptions,
  io: Io,
): Promise<void> {
  if (run === undefined) {
    io.err(
      "note: nothing was published: this is not a job of GitHub Actions, GitLab CI or Azure Pipelines",
    );
    return;
  }
  const publication = {
    name: review.name,
    markdown: reviewMarkdown(review),
    isNews: isNews(review),
  };
  const url = await publish(publication, run, env, io, { comment });
  const { added, fixed } = review.findings;
  const jobs = review.affected.filter(({ state }) => state !== "removed").map(({ job }) => job);
  writeStepOutputs(
    {
      "comment-url": url ?? "",
      jobs: JSON.stringify(jobs),
      matrix: JSON.stringify(document === undefined ? { include: [] } : matrixOf(document)),
      stacks: JSON.stringify(review.stacks),
      "new-findings": String(added.length),
      "fixed-findings": String(fixed.length),
    },
    env,
    io,
  );
}

/** The path relative to the repository's root; empty for the root. */
function nameOf(path: string): string {
  const { GITHUB_WORKSPACE, CI_PROJECT_DIR, BUILD_SOURCESDIRECTORY } = process.env;
  const root = GITHUB_WORKSPACE ?? CI_PROJECT_DIR ?? BUILD_SOURCESDIRECTORY ?? process.cwd();
  const name = posixRelative(root, resolve(path));
  return name === "." ? "" : name;
}
