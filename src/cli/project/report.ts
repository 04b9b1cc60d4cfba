import { printable } from "@jobstrata/core/model";
import type { Io } from "../io";
import type { Changes } from "./changes";
import type { Lines } from "./wiring";

/** Reports which files were written, changed and kept. */
export function reportChanges(changes: Changes, io: Io): void {
  if (changes.isEmpty) io.out("Nothing to write: all files exist.");
  for (const path of changes.created) io.out(`wrote    ${printable(path)}`);
  for (const [path, what] of changes.edited)
    io.out(`changed  ${printable(path)}: ${printable(what)}`);
  for (const path of changes.kept) io.out(`kept     ${printable(path)}`);
}

/** Lists lines that could not be inserted and must be added by hand. */
export function reportLines(path: string, lines: Lines, where: string, io: Io): void {
  io.err(`No place was found in ${printable(path)}; nothing is written. Add these lines to it:`);
  io.err("");
  io.err(`  ${lines.import}`);
  io.err(`  ${lines.statement.padEnd(50)} // ${where}`);
  io.err("");
}
