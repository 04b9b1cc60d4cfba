import { findRunning, newPageLink, start, type StartOptions } from "@jobstrata/local/commands";
import type { Io } from "../io";
import { SERVING } from "../serving";
import { prepareExecutor } from "./local-executor";

/** Options of {@link openPage}. */
export interface OpenOptions extends Pick<StartOptions, "data" | "executor"> {
  /** @default true */
  readonly browser?: boolean;
}

/**
 * Opens the page of the local workspace in the browser, and starts the workspace first if it does not run. The link is
 * printed as well, and nothing else is done where there is no screen.
 *
 * @throws JobstrataError `local-workspace` if it cannot be started, or has no page
 */
export async function openPage(
  { browser = true, ...options }: OpenOptions,
  io: Io,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Promise<void> {
  if ((await findRunning(options.data)) === undefined) {
    const executor = await prepareExecutor(options, io);
    const { host, pid } = await start({ ...options, ...SERVING, executor });
    io.err(`The local workspace is at ${host} (process ${pid}).`);
  }
  const url = await newPageLink(options.data);
  io.out(url);
  io.err("The link works once, within five minutes.");
  if (!browser || !hasScreen(env)) return;
  try {
    const { default: open } = await import("open");
    await open(url);
  } catch (error) {
    io.err(`No browser could be opened (${(error as Error).message}); open the link in one.`);
  }
}

/** Whether a browser that is started here would be seen by whoever has called. */
export function hasScreen(
  env: Readonly<NodeJS.ProcessEnv>,
  platform: NodeJS.Platform = process.platform,
): boolean {
  const has = (name: string): boolean => (env[name] ?? "") !== "";
  if (has("CI")) return false;
  if (has("DISPLAY") || has("WAYLAND_DISPLAY") || has("WSL_DISTRO_NAME")) return true;
  return (platform === "darwin" || platform === "win32") && !has("SSH_CONNECTION");
}
