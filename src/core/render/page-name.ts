import { createHash } from "node:crypto";
import type { JobSpec } from "../model/job-spec";

/** The page that leads to all others; hosts show it for the folder. */
export const INDEX_PAGE = "README.md";

/** A key that is a file name as it stands, on every system. */
const PLAIN = /^[a-z0-9][a-z0-9_-]{0,79}$/;
/** What Windows keeps for devices, and the index where names have no case. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d|readme)$/;

/**
 * A file name for the page of each job, by its id: its key, where that can be one, else what can of it with a hash of the
 * key. Names do not depend on which other jobs there are, except where several have one key.
 */
export function pageNames(jobs: readonly JobSpec[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const { key } of jobs) counts.set(key, (counts.get(key) ?? 0) + 1);
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const { id, key } of jobs) {
    const isAlone = counts.get(key) === 1;
    let name =
      isAlone && PLAIN.test(key) && !RESERVED.test(key) ? key : hashed(key, isAlone ? key : id);
    // Somebody may call a job as another one's page is called.
    while (taken.has(name)) name = hashed(key, `${id} ${name}`);
    taken.add(name);
    names.set(id, `${name}.md`);
  }
  return names;
}

function hashed(key: string, of: string): string {
  const readable = key
    .slice(0, 60)
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^[-_]+|[-_]+$/g, "");
  const hash = createHash("sha256").update(of).digest("hex").slice(0, 10);
  return `${readable === "" ? "job" : readable}-${hash}`;
}
