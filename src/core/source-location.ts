import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { posixRelative } from "./paths";

/** Whether the files of a folder belong to one of this library's packages, as far as it has been asked. */
const own = new Map<string, boolean>();

/** A package of ours that is linked instead of installed, as in a checkout, is not its user's code either. */
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
 * Remembers where the caller of `constructor` stands. The frames are kept as V8 has them and become text only when
 * somebody asks, since 10 000 jobs that nobody complains of should not pay for it.
 *
 * @returns a function that gives `file:line`, relative to the working folder, or undefined
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

/** The first frame of a stack trace that is neither Node's, nor a package's, nor this library's, as `file:line`. */
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
