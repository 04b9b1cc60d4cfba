import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printable } from "@jobstrata/core/model";
import type { Io } from "../io";
import type { CiRun } from "./ci-environment";
import type { CodeHost } from "./hosts/code-host";
import { codeHost } from "./hosts/host-of";
import { HostError, type HostHttpOptions } from "./hosts/host-http";
import { type Upserted, upsertComment, type UpsertOptions } from "./hosts/upsert-comment";

type Env = Readonly<NodeJS.ProcessEnv>;

/** A report to publish. */
export interface Publication {
  /** Tells the comments of several reviews apart. */
  readonly name: string;
  readonly markdown: string;
  /** Whether it is worth a comment if there is none yet. */
  readonly isNews: boolean;
}

/** Limits of publishing. */
export type PublishOptions = UpsertOptions &
  Omit<HostHttpOptions, "signal"> & {
    /** Whether to comment, beside the summary. @default true */
    readonly comment?: boolean;
  };

/**
 * Writes a report to where the people of a pull request look: its comment, and the summary of the job. Whatever goes wrong is
 * one line on stderr and nothing else.
 *
 * @returns the address of the comment, if there is one
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

/** What a token needs. */
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

/** The line that a comment is found by, which Markdown does not show. */
export function markerOf(name: string): string {
  return `<!-- jobstrata review: ${encodeURIComponent(name).replace(/-/g, "%2D")} -->`;
}

/** Azure DevOps draws Mermaid between colons, and knows flowcharts by their older name. */
function forAzure(markdown: string): string {
  return markdown.replace(
    /^```mermaid\nflowchart ([\s\S]*?)\n```$/gm,
    (_, drawing: string) => `::: mermaid\ngraph ${drawing}\n:::`,
  );
}

/** Where the report is shown without a comment; undefined if there is no such place. */
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
  // GitLab shows files only, which the job declares.
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

/** Whether it could be written; the check does not fail for it. */
function written(write: () => void, io: Io): boolean {
  try {
    write();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    io.err(`warning: the job summary cannot be written: ${code}`);
    return false;
  }
}
