import { realpathSync } from "node:fs";

/** Resolves links; undefined if the path does not exist. The native version is many times as fast as Node's own. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}
