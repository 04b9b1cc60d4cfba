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

/** What to judge of a base. */
export interface BaseRequest extends SourcesOptions, CheckChoice {
  readonly path: string;
  readonly target: readonly string[];
}

/**
 * The findings of the base, as a check there would report them; undefined if they cannot be compared with those of the current
 * side.
 *
 * @throws {JobstrataError} `source`, `config` if the base cannot be checked
 */
export async function baseFindings(
  { document, before }: Changes,
  request: BaseRequest,
  signal?: AbortSignal,
): Promise<readonly CheckedFinding[] | undefined> {
  const { from, to, complete } = document;
  if (!complete || from.kind !== to.kind) return undefined;
  if (from.kind === "bundle" && from.commit !== undefined)
    return findingsAt(from.commit, request, signal);
  const { findings } = await checkReadings(before, request);
  // Rules that look at code have looked at that of today. Suppressions that are unused stand at no job, but at a line of the
  // base, which is not a line of today.
  const changed = codeOf(document);
  return findings.filter(
    ({ sites }) => sites.length > 0 && !sites.some(({ job: { key = "" } }) => changed.has(key)),
  );
}

/** Keys of jobs whose code has changed, or may have. */
function codeOf({ environments }: Changes["document"]): ReadonlySet<string> {
  const jobs = environments.flatMap((each) => each.jobs);
  const isCode = ({ reasons }: (typeof jobs)[number]): boolean =>
    reasons.some(({ kind }) => kind === "code" || kind === "unknown");
  return new Set(jobs.filter(isCode).map(({ job }) => job));
}

/**
 * Checks a bundle at a commit, with all files of that commit: in a temporary folder, and from the same place in it, so that
 * paths and fingerprints are those of the current side.
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
    // What did not exist had no findings.
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

/** Why a base could not be checked. */
export function problemOf(error: unknown): string {
  if (error instanceof JobstrataError) return error.message;
  throw error;
}
