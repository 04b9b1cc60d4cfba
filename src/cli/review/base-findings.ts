import { existsSync } from "node:fs";
import { JobstrataError } from "@jobstrata/core/errors";
import type { CheckedFinding } from "@jobstrata/core/model";
import type { Reading } from "@jobstrata/core/readers";
import type { Changes } from "../changed/changes";
import { type CheckChoice, checkReadings } from "../check/findings";
import { ignoring, type SourcesOptions } from "../sources/options";
import { readPath } from "../sources/path";

/** How to check a base. */
export interface BaseRequest extends SourcesOptions, CheckChoice {
  readonly path: string;
  readonly target: readonly string[];
}

/**
 * The findings that a check of the base would report; undefined if they are not comparable with the current side's. A bundle at a
 * revision is checked while its files are there: see {@link checkBundle}.
 *
 * @throws {JobstrataError} `source`, `config` if the base cannot be checked
 */
export async function baseFindings(
  { document, before }: Changes,
  request: BaseRequest,
): Promise<readonly CheckedFinding[] | undefined> {
  const { from, to } = document;
  if (before.length === 0 || from.kind !== to.kind) return undefined;
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
 * The findings of a bundle at a revision, with the configuration and the baseline there. The working folder is in its checkout.
 *
 * @param repository the checkout
 */
export async function checkBundle(
  before: Reading,
  repository: string,
  { path, source, python, config, target, ...choice }: BaseRequest,
): Promise<readonly CheckedFinding[]> {
  const own = config !== undefined && existsSync(config) ? { config } : {};
  const isIgnored = ignoring(own.config);
  const readings =
    before.bundles?.some(({ folder }) => isIgnored(folder)) === true
      ? readPath(path, {
          ...(source && { source }),
          ...(python !== undefined && { python }),
          targets: [],
          repository,
          isIgnored,
        })
      : [before];
  const asked = readings.map((reading) => ({
    ...reading,
    graphs: reading.graphs.filter(
      ({ environment }) => target.length === 0 || target.includes(environment),
    ),
  }));
  return (await checkReadings(asked, { ...choice, ...own })).findings;
}

/** The reason why a base could not be checked; rethrows unexpected errors. */
export function problemOf(error: unknown): string {
  if (error instanceof JobstrataError) return error.message;
  throw error;
}
