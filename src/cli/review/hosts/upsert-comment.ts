import { retrying } from "@jobstrata/run";
import type { CodeHost, HostComment } from "./code-host";
import { HostError } from "./host-http";

/** The comment of a report. */
export interface ReportComment {
  /** The first line of the comment, which Markdown hides: the comment is found by it. */
  readonly marker: string;
  /** Everything after the marker. */
  readonly text: string;
  /** Whether the report is worth a comment if there is none yet. */
  readonly isNews: boolean;
}

/** What became of a comment. */
export interface Upserted {
  readonly kind: "created" | "updated" | "unchanged" | "skipped";
  readonly url?: string;
}

/** Limits of writing a comment. */
export interface UpsertOptions {
  /** For all attempts together; milliseconds. @default 60000 */
  readonly budgetMs?: number;
  /** Before the second attempt; it doubles, with jitter; milliseconds. @default 1000 */
  readonly firstRetryMs?: number;
}

/**
 * Updates the comment of a report, or creates it. An attempt whose outcome is unknown is followed by another search, so that
 * there are never two; copies that were left by jobs that ran at once are removed.
 *
 * @throws {HostError} if the host refuses it, or the attempts fail until the time is up
 */
export async function upsertComment(
  host: CodeHost,
  comment: ReportComment,
  { budgetMs = 60_000, firstRetryMs = 1000 }: UpsertOptions = {},
): Promise<Upserted> {
  const execute = retrying({
    transient: (error) => (error instanceof HostError && error.transient ? error : undefined),
    end: Date.now() + budgetMs,
    now: Date.now,
    firstRetryMs,
    maxRetryMs: 15_000,
    maxRetries: 5,
  });
  return execute(() => upsertOnce(host, comment));
}

async function upsertOnce(
  host: CodeHost,
  { marker, text, isNews }: ReportComment,
): Promise<Upserted> {
  const body = `${marker}\n${text}`;
  const found = (await host.ownComments()).filter((each) => each.body.startsWith(marker));
  const [first, ...copies] = found;
  if (first === undefined) {
    if (!isNews) return { kind: "skipped" };
    return ended("created", await host.create(body));
  }
  for (const copy of copies) await removeCopy(host, copy);
  // Hosts may write line ends their own way.
  const isSame = first.body.replace(/\r\n/g, "\n").trimEnd() === body.trimEnd();
  return isSame ? ended("unchanged", first) : ended("updated", await host.update(first, body));
}

/** A copy that stays does no harm to the report. */
async function removeCopy(host: CodeHost, copy: HostComment): Promise<void> {
  try {
    await host.remove(copy);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
  }
}

const ended = (kind: Upserted["kind"], { url }: HostComment): Upserted => ({
  kind,
  ...(url !== undefined && { url }),
});
