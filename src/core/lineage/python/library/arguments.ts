import type { WriteKind } from "../../../model/lineage";
import type { Args, Evaluator } from "../evaluator";
import { FRAME, isType, textsOf, unknown, type Value } from "../values";

export function given(args: Args, at: number, ...names: readonly string[]): Value | undefined {
  for (const name of names) {
    const value = args.named.get(name);
    if (value !== undefined) return value;
  }
  return args.positional[at];
}

/** Every string that a value can be: alternatives, or the items of a list. */
export function each(value: Value | undefined): readonly string[] {
  if (value === undefined) return [];
  if (isType(value, "list")) return value.items.flatMap((item) => textsOf(item));
  // For example a path object or a column.
  return textsOf(value);
}

export function readTables({ session, here }: Evaluator, value: Value | undefined): Value {
  for (const text of each(value)) session.read(text, here);
  return FRAME;
}

export function writeTables(
  { session, here }: Evaluator,
  value: Value | undefined,
  kind: WriteKind,
): Value {
  for (const text of each(value)) session.write(text, kind, here);
  return unknown("");
}

export function readPaths({ session, here }: Evaluator, value: Value | undefined): Value {
  for (const text of each(value)) session.readPath(text, here);
  return FRAME;
}

export function writePaths(
  { session, here }: Evaluator,
  value: Value | undefined,
  kind: WriteKind,
): void {
  for (const text of each(value)) session.writePath(text, kind, here);
}

/** A path that other machines can see. */
export function isShared(path: Value | undefined): boolean {
  return typeof path === "string" && /^(?:\/dbfs\/|\/Volumes\/)/.test(path);
}
