import { resolve } from "node:path";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the module is a function
import picomatch = require("picomatch");
import type { LoadedConfig } from "./config";
import { posixRelative } from "../paths";

/** Whether the configuration leaves out a file or folder. Its globs are relative to the folder of its file. */
export function ignoredBy({ config, file = "config" }: LoadedConfig): (path: string) => boolean {
  const globs = config.ignore ?? [];
  if (globs.length === 0) return () => false;
  const matches = picomatch(globs, { dot: true });
  const folder = resolve(file, "..");
  return (path) => matches(posixRelative(folder, resolve(path)));
}
