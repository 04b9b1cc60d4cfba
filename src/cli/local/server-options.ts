import { extname, join } from "node:path";
import type { ServingOptions } from "@jobstrata/local/commands";
import { DEFAULT_DATA_DIR, printable } from "@jobstrata/core/model";

/** The page that every local workspace started by a command serves besides the API. */
export const SERVING: ServingOptions = {
  page: () => {
    // Loaded when the page is first requested.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { workspacePage } = require("./page-content") as typeof import("./page-content");
    return workspacePage();
  },
  program: join(__dirname, `server-process${extname(__filename)}`),
};

/** The command that opens the workspace of a data folder in the browser. */
export const openCommand = ({ data = DEFAULT_DATA_DIR }: { readonly data?: string }): string =>
  `npx jobstrata local open${data === DEFAULT_DATA_DIR ? "" : ` --data ${printable(data)}`}`;
