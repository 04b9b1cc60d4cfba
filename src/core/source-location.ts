import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { posixRelative } from "./paths";

/** Cache: whether the files of a folder belong to a package of this library. */
const own = new Map<string, boolean>();

/** Also detects packages of this library that are linked instead of installed, as in a checkout. */
function isOwn(folder: string): boolean {
  let answer = own.get(folder);
  if (answer === undefined) own.set(folder, (answer = lookUp(folder)));
  return answer;
}

function lookUp(folder: string): boolean {
  try {
    const manifest = readFileSync(join(folder, "package.json"), "utf8");
    const { name = "" } = JSON.parse(manifest) as { name?: string };
    return name === "jobstrata" || name.startsWith("@jobstrata/");
  } catch {
    const parent = dirname(folder);
    return parent !== folder && isOwn(parent);
  }
}

/**
 * Records the source location of the caller of `constructor`. Formats the stack frames only on demand, because most of
 * up to 10 000 jobs never need their location.
 *
 * @returns a function that returns `file:line`, relative to the working folder, or undefined
 */
export function captureSource(
  constructor: NewableFunction | CallableFunction,
): () => string | undefined {
  const holder: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 6;
  Error.captureStackTrace(holder, constructor);
  Error.stackTraceLimit = limit;
  return () => sourceOf(holder.stack?.split("\n") ?? []);
}

/** The first stack frame outside of Node, packages and this library, as `file:line`. */
export function sourceOf(frames: readonly string[]): string | undefined {
  for (const frame of frames) {
    const match = /(?:^|\(|\s)((?:file:\/\/|[a-zA-Z]:[\\/]|\/)[^()]*?):(\d+):\d+\)?$/.exec(
      frame.trim(),
    );
    const [, location = "", line = ""] = match ?? [];
    if (location === "") continue;
    const file = location.startsWith("file://") ? fileURLToPath(location) : location;
    const segments = file.split(/[\\/]/);
    if (segments.includes("node_modules")) continue;
    if (isOwn(dirname(file))) continue;
    return `${posixRelative(process.cwd(), file)}:${line}`;
  }
  return undefined;
}
