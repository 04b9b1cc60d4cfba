/** What has not come after this does not come; milliseconds. Shorter than jest's own limit, whose message tells less. */
export const HANGS_MS = 5 * 60_000;
