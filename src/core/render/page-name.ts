import { createHash } from "node:crypto";
import type { JobSpec } from "../model/job-spec";

/** The index page, which repository hosts show for the folder. */
export const INDEX_PAGE = "README.md";

/** A key that is a valid file name on every system. */
const PLAIN = /^[a-z0-9][a-z0-9_-]{0,79}$/;
/** Device names on Windows, and the index on case-insensitive file systems. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d|readme)$/;

/**
 * File names of job pages by job id: the key if it is a valid file name, otherwise its valid characters with a hash.
 * Names do not depend on other jobs, unless several have the same key.
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
    // The key of one job may equal the hashed name of another.
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
