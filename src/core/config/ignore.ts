import { resolve } from "node:path";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the module is a function
import picomatch = require("picomatch");
import type { LoadedConfig } from "./config";
import { posixRelative } from "../paths";

/** Whether the configuration ignores a file or folder. Globs are relative to the configuration's folder. */
export function ignoredBy({ config, file = "config" }: LoadedConfig): (path: string) => boolean {
  const globs = config.ignore ?? [];
  if (globs.length === 0) return () => false;
  const matches = picomatch(globs, { dot: true });
  const folder = resolve(file, "..");
  return (path) => matches(posixRelative(folder, resolve(path)));
}
