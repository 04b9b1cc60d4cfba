import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printable, systemReason } from "@jobstrata/core/model";
import type { Io } from "../io";
import type { CiRun } from "./ci-environment";
import type { CodeHost } from "./hosts/code-host";
import { codeHost } from "./hosts/host-of";
import { HostError, type HostHttpOptions } from "./hosts/host-http";
import { type Upserted, upsertComment, type UpsertOptions } from "./hosts/upsert-comment";

type Env = Readonly<NodeJS.ProcessEnv>;

/** A report to publish. */
interface Publication {
  /** Distinguishes the comments of several reviews. */
  readonly name: string;
  readonly markdown: string;
  /** Whether to create a comment if there is none yet. */
  readonly isNews: boolean;
}

/** Options for publishing. */
export type PublishOptions = UpsertOptions &
  Omit<HostHttpOptions, "signal"> & {
    /** Whether to comment in addition to the summary. @default true */
    readonly comment?: boolean;
  };

/**
 * Publishes a report as a comment on the pull request and as the job summary. Failures only print a line to stderr.
 *
 * @returns the comment's URL, if there is one
 */
export async function publish(
  publication: Publication,
  run: CiRun,
  env: Env,
  io: Io,
  options: PublishOptions = {},
): Promise<string | undefined> {
  const shown = SUMMARIES[run.host](publication, env, io);
  if (options.comment === false) return undefined;
  const signal = AbortSignal.timeout(options.budgetMs ?? 60_000);
  const host = codeHost(run, env, { ...options, signal });
  const otherwise = shown === undefined ? "" : `; the report is in ${shown}`;
  if ("reason" in host) {
    io.err(`note: no comment was written: ${host.reason}${otherwise}`);
    return undefined;
  }
  try {
    const { name, markdown, isNews } = publication;
    const text = run.host === "azure" ? forAzure(markdown) : markdown;
    const done = await upsertComment(host, { marker: markerOf(name), text, isNews }, options);
    io.err(said(host, done));
    return done.url;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const hint = error.denied ? `; ${HINTS[run.host]}` : "";
    io.err(
      `warning: the comment was not written: ${host.name}: ${error.message}${hint}${otherwise}`,
    );
    return undefined;
  }
}

/** Required permissions of the token. */
const HINTS: Readonly<Record<CiRun["host"], string>> = {
  github: "the token needs pull-requests: write, which pull requests from forks do not get",
  gitlab: "the token needs the scope api and the role Reporter in the project",
  azure: "the build service needs the permission Contribute to pull requests",
};

function said({ name }: CodeHost, { kind, url }: Upserted): string {
  if (kind === "skipped") return `${name}: nothing to report, so there is no comment`;
  const done = kind === "unchanged" ? "the comment is up to date" : `the comment was ${kind}`;
  return `${name}: ${done}${url === undefined ? "" : `: ${printable(url)}`}`;
}

/** Hidden first line that identifies a comment. */
export function markerOf(name: string): string {
  return `<!-- jobstrata review: ${encodeURIComponent(name).replace(/-/g, "%2D")} -->`;
}

/** Azure DevOps needs `:::` fences for Mermaid, and `graph` instead of `flowchart`. */
function forAzure(markdown: string): string {
  return markdown.replace(
    /^```mermaid\nflowchart ([\s\S]*?)\n```$/gm,
    (_, drawing: string) => `::: mermaid\ngraph ${drawing}\n:::`,
  );
}

/** Writes the report to the host's job summary. Each returns the summary's name; undefined if there is none. */
const SUMMARIES: Readonly<
  Record<CiRun["host"], (publication: Publication, env: Env, io: Io) => string | undefined>
> = {
  github: ({ markdown }, { GITHUB_STEP_SUMMARY: file }, io) => {
    if (file === undefined) return undefined;
    const append = (): void => {
      appendFileSync(file, `${markdown}\n`);
    };
    return written(append, io) ? "the job summary" : undefined;
  },
  // GitLab has no job summary, only artifacts that the job declares.
  gitlab: () => undefined,
  azure: ({ name, markdown }, { AGENT_TEMPDIRECTORY: folder }, io) => {
    if (folder === undefined) return undefined;
    const file = join(
      folder,
      `jobstrata-review-${encodeURIComponent(name).replace(/[%.]/g, "_")}.md`,
    );
    const upload = (): void => {
      writeFileSync(file, `${forAzure(markdown)}\n`);
      io.out(`##vso[task.uploadsummary]${file}`);
    };
    return written(upload, io) ? "the summary of the run" : undefined;
  },
};

/** Returns whether writing succeeded. A failure only prints a warning. */
function written(write: () => void, io: Io): boolean {
  try {
    write();
    return true;
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    io.err(`warning: the job summary cannot be written: ${reason}`);
    return false;
  }
}
