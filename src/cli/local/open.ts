import {
  checkStart,
  findRunning,
  newPageLink,
  settleExecutor,
  start,
  type StartOptions,
} from "@jobstrata/local/commands";
import { JobstrataError } from "@jobstrata/core/errors";
import { errorText, quote, type RunId } from "@jobstrata/core/model";
import { JobsClient, tokenLogin, WorkspaceError, WorkspaceHttp } from "@jobstrata/run";
import type { Io } from "../io";
import { SERVING } from "./server-options";
import { prepareExecutor } from "./executor";

/** Options of {@link openPage}. */
export interface OpenOptions extends Pick<StartOptions, "data" | "executor"> {
  /** @default true */
  readonly browser?: boolean;
  /** A job run or task run to show. */
  readonly run?: RunId;
}

/**
 * Opens the page of the local workspace in the browser, and starts the workspace first if it is not running. Prints the link;
 * without a display, only prints it.
 *
 * @param address of a job or a run to show. @default - all jobs
 * @throws {JobstrataError} `local-workspace` if the workspace cannot be started or has no page, the address is not one of its
 *   own, or the run does not exist
 */
export async function openPage(
  address: string | undefined,
  { browser = true, run, ...options }: OpenOptions,
  io: Io,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Promise<void> {
  if (run !== undefined && address !== undefined)
    throw new JobstrataError("local-workspace", "give an address or --run, not both");
  const place =
    run !== undefined ? `#/runs/${run}` : address === undefined ? "/" : placeOf(address);
  if ((await findRunning(options.data)) === undefined) {
    const { host, pid } = await startInBackground(options, io);
    io.err(`The local workspace is at ${host} (process ${pid}).`);
  }
  if (run !== undefined) await checkRun(run, options.data);
  const link = new URL(await newPageLink(options.data));
  if (place.startsWith("#")) link.hash += place;
  else link.pathname = place;
  const url = link.href;
  io.out(url);
  io.err("The link works once, within five minutes.");
  if (!browser || !hasScreen(env)) return;
  try {
    const { default: open } = await import("open");
    await open(url);
  } catch (error) {
    io.err(`No browser could be opened (${errorText(error)}); open the link in one.`);
  }
}

/**
 * Starts the workspace in the background, with the notebook engine installed.
 *
 * @throws {JobstrataError} `local-workspace` if it is running already or cannot start
 */
export async function startInBackground(options: StartOptions, io: Io): ReturnType<typeof start> {
  await checkStart(options);
  const { data } = options;
  const executor = await prepareExecutor({ data, executor: await settleExecutor(options) }, io);
  return start({ ...options, ...SERVING, executor });
}

async function checkRun(run: RunId, data: string | undefined): Promise<void> {
  const { host = "", token = "" } = (await findRunning(data)) ?? {};
  try {
    await new JobsClient(new WorkspaceHttp(tokenLogin(host, token))).getRun(run);
  } catch (error) {
    if (!(error instanceof WorkspaceError && error.notFound)) throw error;
    throw new JobstrataError("local-workspace", error.reason);
  }
}

/** The fragment of a job or run, from its URL, its path or the fragment alone. */
function placeOf(address: string): string {
  const url = URL.canParse(address, "http://127.0.0.1")
    ? new URL(address, "http://127.0.0.1")
    : undefined;
  if (url !== undefined && !["127.0.0.1", "localhost"].includes(url.hostname))
    throw new JobstrataError(
      "local-workspace",
      `${quote(address)} is not an address of the local workspace, which is on 127.0.0.1`,
    );
  const own = /^#\/(?:runs(?:\/\d{1,19})?(?:\?[\w=&%.*+-]*)?|jobs(?:\/\d{1,19})?|alerts)$/.exec(
    url?.hash ?? "",
  );
  if (own !== null) return own[0];
  const hash = /^#job\/(\d+)(?:\/run\/(\d+))?$/.exec(url?.hash ?? "");
  const [, job, run] = hash ?? /^\/jobs\/(\d+)(?:\/runs\/(\d+))?$/.exec(url?.pathname ?? "") ?? [];
  if (job === undefined) {
    throw new JobstrataError(
      "local-workspace",
      `${quote(address)} is not the address of a job or a run, such as http://127.0.0.1:8080/jobs/6/runs/1`,
    );
  }
  return run === undefined ? `/jobs/${job}` : `/jobs/${job}/runs/${run}`;
}

/** Whether a browser started here would be visible to the user. */
export function hasScreen(
  env: Readonly<NodeJS.ProcessEnv>,
  platform: NodeJS.Platform = process.platform,
): boolean {
  const has = (name: string): boolean => (env[name] ?? "") !== "";
  if (has("CI")) return false;
  if (has("DISPLAY") || has("WAYLAND_DISPLAY") || has("WSL_DISTRO_NAME")) return true;
  return (platform === "darwin" || platform === "win32") && !has("SSH_CONNECTION");
}
