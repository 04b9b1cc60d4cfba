import { resolve } from "node:path";
import type { LoadedConfig } from "./config";
import { posixRelative } from "../paths";

/** Whether the configuration ignores a file or folder. Globs are relative to the configuration's folder. */
export function ignoredBy({ config, file = "config" }: LoadedConfig): (path: string) => boolean {
  const globs = config.ignore ?? [];
  if (globs.length === 0) return () => false;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- most projects ignore nothing
  const picomatch = require("picomatch") as typeof import("picomatch");
  const matches = picomatch(globs, { dot: true });
  const folder = resolve(file, "..");
  return (path) => matches(posixRelative(folder, resolve(path)));
}
