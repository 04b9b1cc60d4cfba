import { extname, join } from "node:path";
import type { ServingOptions } from "../local/commands";

/** What every local workspace that a command starts serves beside its API: the page. */
export const SERVING: ServingOptions = {
  page: () => {
    // Nobody waits for it who does not look at the page.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { workspacePage } = require("./workspace-page") as typeof import("./workspace-page");
    return workspacePage();
  },
  program: join(__dirname, `serve${extname(__filename)}`),
};
