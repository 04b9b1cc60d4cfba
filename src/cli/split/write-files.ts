import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote, systemReason } from "@jobstrata/core/model";
import { Interrupts } from "../interrupts";
import type { ChangedFile } from "./split-bundle";

/** Journal of the original contents while several files are replaced. */
const JOURNAL = ".jobstrata/split-journal.json";

type Kept = Pick<ChangedFile, "file" | "before" | "after">;

/**
 * Replaces all files or none. Signals are deferred until that is done. If the process is killed, {@link restoreFiles} restores
 * the files.
 *
 * @returns the exit code of a deferred signal
 * @throws {JobstrataError} `config` if a file cannot be written, or has changed since it was read; no file is changed then
 */
export function replaceFiles(files: readonly ChangedFile[]): number | undefined {
  const temporaries: string[] = [];
  const replaced: Kept[] = [];
  const ignore = (): void => undefined;
  const interrupts = new Interrupts(ignore, ignore);
  try {
    for (const { file, before, after } of files) {
      if (readFileSync(file, "utf8") !== before)
        throw new JobstrataError(
          "config",
          `${quote(file)} has changed in the meantime; run the command again`,
        );
      const temporary = `${file}.${process.pid}.tmp`;
      temporaries.push(temporary);
      writeFileSync(temporary, after, { mode: statSync(file).mode });
    }
    if (files.length > 1) keep(files);
    for (const [at, changed] of files.entries()) {
      renameSync(temporaries[at] ?? "", changed.file);
      replaced.push(changed);
    }
    return interrupts.exitCode;
  } catch (error) {
    restore(replaced);
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new JobstrataError("config", `the files cannot be written; none has changed: ${reason}`);
  } finally {
    for (const temporary of temporaries) rmSync(temporary, { force: true });
    forget();
    interrupts.stop();
  }
}

/** Restores the files that a killed process had replaced only in part. @returns their names */
export function restoreFiles(): string[] {
  if (!existsSync(JOURNAL)) return [];
  let kept: readonly Kept[] = [];
  try {
    kept = JSON.parse(readFileSync(JOURNAL, "utf8")) as readonly Kept[];
  } catch {
    // Not our journal.
  }
  // Keeps files that were edited since.
  const replaced = kept.filter(
    ({ file, after }) => existsSync(file) && readFileSync(file, "utf8") === after,
  );
  restore(replaced);
  forget();
  return replaced.map(({ file }) => file);
}

/** Removes the journal, and its folder if it was created for it. */
function forget(): void {
  rmSync(JOURNAL, { force: true });
  try {
    rmdirSync(dirname(JOURNAL));
  } catch {
    // The folder has other content or does not exist.
  }
}

function keep(files: readonly ChangedFile[]): void {
  mkdirSync(dirname(JOURNAL), { recursive: true });
  const kept = files.map(({ file, before, after }): Kept => ({
    file: resolve(file),
    before,
    after,
  }));
  writeFileSync(`${JOURNAL}.tmp`, JSON.stringify(kept), { mode: 0o600 });
  renameSync(`${JOURNAL}.tmp`, JOURNAL);
}

function restore(files: readonly Kept[]): void {
  for (const { file, before } of files) {
    const temporary = `${file}.${process.pid}.restored.tmp`;
    writeFileSync(temporary, before, existsSync(file) ? { mode: statSync(file).mode } : {});
    renameSync(temporary, file);
  }
}
