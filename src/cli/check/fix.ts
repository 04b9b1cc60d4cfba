import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { type CheckedFinding, printable, quote, systemReason } from "@jobstrata/core/model";
import type { Reading } from "@jobstrata/core/readers";
import { apply, editYaml, quoteScalars } from "./yaml-edit";

/** A file fixed by `check --fix`. */
export interface FixedFile {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** What was changed in it. */
  readonly changes: number;
}

/** One fix can require another: a job that becomes composite by its new tag also needs the orchestrator tag. */
const MAX_ROUNDS = 5;

/**
 * Applies fixes until none is left. Writes nothing.
 *
 * @param readings of the files on disk
 * @param judge returns the findings of readings
 * @param read reads all sources again, with `contents` (by absolute path) instead of the files on disk
 */
export async function fixAll(
  readings: readonly Reading[],
  judge: (readings: readonly Reading[]) => readonly CheckedFinding[],
  read: (contents: ReadonlyMap<string, string>) => Promise<readonly Reading[]>,
): Promise<FixedFile[]> {
  const fixed = new Map<string, FixedFile>();
  const contents = new Map<string, string>();
  let current = readings;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const textOf = (file: string): string =>
      contents.get(resolve(file)) ?? readFileSync(file, "utf8");
    const fixes = planFixes(judge(current), yamlFiles(current), textOf);
    if (fixes.length === 0) break;
    for (const fix of fixes) {
      const { before = fix.before, changes = 0 } = fixed.get(fix.file) ?? {};
      fixed.set(fix.file, { ...fix, before, changes: changes + fix.changes });
      contents.set(resolve(fix.file), fix.after);
    }
    current = await read(contents);
  }
  return [...fixed.values()];
}

/** The YAML files of bundles that define jobs. */
function yamlFiles(readings: readonly Reading[]): string[] {
  const files = readings
    .filter(({ kind }) => kind === "bundle")
    .flatMap(({ graphs }) => graphs)
    .flatMap(({ jobs }) => jobs.flatMap(({ source }) => source?.file ?? []));
  return [...new Set(files)].filter((file) => /\.ya?ml$/i.test(file)).sort();
}

/**
 * The fixes for a bundle's YAML files: changes that findings suggest, and quotes around strings that YAML parses as numbers or
 * booleans. Writes nothing.
 *
 * @param files of the bundles that were read
 * @param textOf returns the content of a file
 */
function planFixes(
  findings: readonly CheckedFinding[],
  files: readonly string[],
  textOf: (file: string) => string,
): FixedFile[] {
  const byFile = new Map<string, CheckedFinding[]>(files.map((file) => [file, []]));
  for (const finding of findings) {
    const place = finding.sites[0]?.source ?? finding.location;
    if (finding.edit === undefined || place?.line === undefined) continue;
    byFile.get(place.file)?.push(finding);
  }
  return [...byFile].flatMap(([file, found]): FixedFile[] => {
    let before: string;
    try {
      before = textOf(file);
    } catch {
      return [];
    }
    let after = before;
    let changes = 0;
    // From the end, so that earlier positions stay valid.
    const ordered = [...found].sort((a, b) => lineOf(b) - lineOf(a));
    const done = new Set<string>();
    for (const { edit, sites, location } of ordered) {
      const { line, column = 1 } = sites[0]?.source ?? location ?? { file };
      if (edit === undefined || line === undefined) continue;
      // Two targets that want different values cannot both have theirs; a list can get several items.
      const key = JSON.stringify([line, column, "list" in edit ? edit : edit.path]);
      if (done.has(key)) continue;
      done.add(key);
      const replacement = editYaml(after, { ...edit, line, column });
      if (replacement === undefined) continue;
      after = apply(after, [replacement]);
      changes++;
    }
    const quoted = quoteScalars(after);
    after = apply(after, quoted);
    changes += quoted.length;
    return changes === 0 ? [] : [{ file, before, after, changes }];
  });
}

const lineOf = ({ sites, location }: CheckedFinding): number =>
  (sites[0]?.source ?? location)?.line ?? 0;

/**
 * Writes the fixed files, each atomically.
 *
 * @throws {JobstrataError} `config` if one cannot be written, or has changed since it was read
 */
export function writeFixes(fixes: readonly FixedFile[]): void {
  for (const { file, before, after } of fixes) {
    let temporary: string | undefined;
    try {
      if (readFileSync(file, "utf8") !== before)
        throw new JobstrataError(
          "config",
          `${quote(file)} has changed in the meantime; run the command again`,
        );
      // A symbolic link stays one.
      const real = realpathSync(file);
      temporary = `${real}.${process.pid}.tmp`;
      writeFileSync(temporary, after, { mode: statSync(real).mode });
      renameSync(temporary, real);
    } catch (error) {
      if (temporary !== undefined) rmSync(temporary, { force: true });
      const reason = systemReason(error);
      if (reason === undefined) throw error;
      throw new JobstrataError("config", `${quote(file)} cannot be written: ${reason}`);
    }
  }
}

const CONTEXT = 3;

/** A unified diff of the fixed files that `git apply` accepts. */
export function diffOf(fixes: readonly Pick<FixedFile, "file" | "before" | "after">[]): string {
  return fixes
    .map(({ file, before, after }) => {
      const name = printable(file);
      return [`--- a/${name}`, `+++ b/${name}`, ...hunks(linesOf(before), linesOf(after))].join(
        "\n",
      );
    })
    .join("\n");
}

/** Lines with their line breaks, so that a missing one at the end of the file is detected. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

interface Line {
  readonly mark: " " | "-" | "+";
  readonly text: string;
}

/** Changes are few and small, so the next line that is equal on both sides ends a change. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  const lines: Line[] = [];
  let a = 0;
  let b = 0;
  while (a < before.length || b < after.length) {
    if (a < before.length && before[a] === after[b]) {
      lines.push({ mark: " ", text: before[a] ?? "" });
      a++;
      b++;
      continue;
    }
    const [skipA, skipB] = nextSame(before, after, a, b);
    for (const text of before.slice(a, a + skipA)) lines.push({ mark: "-", text });
    for (const text of after.slice(b, b + skipB)) lines.push({ mark: "+", text });
    a += skipA;
    b += skipB;
  }
  return lines;
}

function nextSame(
  before: readonly string[],
  after: readonly string[],
  a: number,
  b: number,
): [number, number] {
  const rest = before.length - a + after.length - b;
  for (let distance = 1; distance <= rest; distance++) {
    for (let skipA = 0; skipA <= distance; skipA++) {
      const skipB = distance - skipA;
      if (a + skipA > before.length || b + skipB > after.length) continue;
      const isEnd = a + skipA === before.length && b + skipB === after.length;
      if (isEnd || (before[a + skipA] !== undefined && before[a + skipA] === after[b + skipB]))
        return [skipA, skipB];
    }
  }
  return [before.length - a, after.length - b];
}

function hunks(before: readonly string[], after: readonly string[]): string[] {
  const lines = compare(before, after);
  const changedAt = lines.flatMap(({ mark }, at) => (mark === " " ? [] : [at]));
  const ranges: [number, number][] = [];
  for (const at of changedAt) {
    const last = ranges.at(-1);
    if (last !== undefined && at - CONTEXT <= last[1]) last[1] = at + CONTEXT + 1;
    else ranges.push([Math.max(0, at - CONTEXT), at + CONTEXT + 1]);
  }
  return ranges.flatMap(([from, to]) => {
    const shown = lines.slice(from, to);
    const start = (mark: "-" | "+"): number =>
      lines.slice(0, from).filter((line) => line.mark === " " || line.mark === mark).length + 1;
    const count = (mark: "-" | "+"): number =>
      shown.filter((line) => line.mark === " " || line.mark === mark).length;
    return [
      `@@ -${start("-")},${count("-")} +${start("+")},${count("+")} @@`,
      ...shown.flatMap(({ mark, text }) =>
        text.endsWith("\n")
          ? [mark + text.slice(0, -1)]
          : [mark + text, "\\ No newline at end of file"],
      ),
    ];
  });
}
