import { retrying } from "@jobstrata/run";
import type { CodeHost, HostComment } from "./code-host";
import { HostError } from "./host-http";

/** The comment of a report. */
interface ReportComment {
  /** Hidden first line that identifies the comment. */
  readonly marker: string;
  /** Everything after the marker. */
  readonly text: string;
  /** Whether to create a comment if there is none yet. */
  readonly isNews: boolean;
}

/** The outcome for a comment. */
export interface Upserted {
  readonly kind: "created" | "updated" | "unchanged" | "skipped";
  readonly url?: string;
}

/** Time limits for writing a comment. */
export interface UpsertOptions {
  /** Total time for all attempts. Milliseconds. @default 60000 */
  readonly budgetMs?: number;
  /** Delay before the first retry; doubles with each retry, with jitter. Milliseconds. @default 1000 */
  readonly firstRetryMs?: number;
}

/**
 * Creates or updates the comment of a report. Each retry searches again, so an attempt with an unknown outcome does not cause a
 * duplicate. Removes duplicates left by concurrent jobs.
 *
 * @throws {HostError} if the host rejects it, or no attempt succeeds in time
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
  // Hosts may normalize line ends.
  const isSame = first.body.replace(/\r\n/g, "\n").trimEnd() === body.trimEnd();
  return isSame ? ended("unchanged", first) : ended("updated", await host.update(first, body));
}

/** Removes a duplicate. A failure is harmless. */
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
