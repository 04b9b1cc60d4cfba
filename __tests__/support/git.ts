import { execFileSync } from "node:child_process";

// Tests change it.
const { PATH } = process.env;
const SETTINGS = ["user.name=x", "user.email=x@example.com", "protocol.file.allow=always"];

/** Runs git in a folder, without the settings of the user. Returns its trimmed output. */
export function git(folder: string, ...args: string[]): string {
  const settings = SETTINGS.flatMap((setting) => ["-c", setting]);
  return execFileSync("git", [...settings, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
}
