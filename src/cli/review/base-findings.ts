import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import type { CheckedFinding, CheckReport } from "@jobstrata/core/model";
import type { Changes } from "../changed/changes";
import { type CheckChoice, checkReadings } from "../check/findings";
import { Git, GitFailed, workTreeOf } from "../git/git";
import { checkOut, copyOverrides } from "../git/revision";
import { ignoring, type SourcesOptions } from "../sources/options";
import { readPath } from "../sources/path";

/** How to check a base. */
export interface BaseRequest extends SourcesOptions, CheckChoice {
  readonly path: string;
  readonly target: readonly string[];
}

/**
 * The findings that a check of the base would report; undefined if they are not comparable with the current side's.
 *
 * @throws {JobstrataError} `source`, `config` if the base cannot be checked
 */
export async function baseFindings(
  { document, before }: Changes,
  request: BaseRequest,
  signal?: AbortSignal,
): Promise<readonly CheckedFinding[] | undefined> {
  const { from, to } = document;
  if (before.length === 0 || from.kind !== to.kind) return undefined;
  if (from.kind === "bundle" && from.commit !== undefined)
    return findingsAt(from.commit, request, signal);
  const { findings } = await checkReadings(before, request);
  // Code rules read the current files, so skip jobs with changed code. Findings without a job, such as unused suppressions,
  // refer to lines of the base, which may have moved.
  const changed = codeOf(document);
  return findings.filter(
    ({ sites }) => sites.length > 0 && !sites.some(({ job }) => changed.has(job.id)),
  );
}

/** Ids of jobs whose code has or may have changed. */
function codeOf({ environments }: Changes["document"]): ReadonlySet<string> {
  const jobs = environments.flatMap((each) => each.jobs);
  const isCode = ({ reasons }: (typeof jobs)[number]): boolean =>
    reasons.some(({ kind }) => kind === "code" || kind === "unknown");
  return new Set(jobs.filter(isCode).map(({ id }) => id));
}

/**
 * Checks a bundle at a commit, in a temporary checkout of all files. The working folder is the same relative to the checkout,
 * so paths and fingerprints match the current side's.
 */
async function findingsAt(
  commit: string,
  request: BaseRequest,
  signal: AbortSignal | undefined,
): Promise<readonly CheckedFinding[]> {
  const folder = realpathSync(process.cwd());
  const path = relative(folder, realpathSync(resolve(request.path)));
  const git = new Git(await workTreeOf(folder, signal), signal);
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-review-")));
  try {
    const root = await checkOut(git, commit, temporary, { isRead: (line) => line !== "" });
    const place = join(root, relative(git.folder, folder));
    // A path that did not exist has no findings.
    if (!existsSync(join(place, path))) return [];
    copyOverrides(join(folder, path), join(place, path));
    process.chdir(place);
    return (await checkHere(path === "" ? "." : path, root, request)).findings;
  } catch (error) {
    throw error instanceof GitFailed ? error.explained() : error;
  } finally {
    process.chdir(folder);
    rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function checkHere(
  path: string,
  repository: string,
  { source, python, config, target, ...choice }: BaseRequest,
): Promise<CheckReport> {
  const own = config !== undefined && existsSync(config) ? { config } : {};
  const readings = readPath(path, {
    ...(source && { source }),
    ...(python !== undefined && { python }),
    targets: [],
    repository,
    isIgnored: ignoring(own.config),
  });
  const asked = readings.map((reading) => ({
    ...reading,
    graphs: reading.graphs.filter(
      ({ environment }) => target.length === 0 || target.includes(environment),
    ),
  }));
  return checkReadings(asked, { ...choice, ...own });
}

/** The reason why a base could not be checked; rethrows unexpected errors. */
export function problemOf(error: unknown): string {
  if (error instanceof JobstrataError) return error.message;
  throw error;
}
