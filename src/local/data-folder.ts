import { join } from "node:path";

/** Where a local workspace keeps what it remembers, unless it is told otherwise: below the current folder. */
export const DEFAULT_DATA_DIR = join(".jobstrata", "local");
