import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { hasScreen } from "../../../src/cli/local/open";

const ROOT = resolve(__dirname, "..", "..", "..");

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
});
afterEach(() => {
  rmSync(data, { recursive: true, force: true });
});

const local = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(
    process.execPath,
    ["src/cli/bin/jobstrata.js", "local", ...args, "--data", data],
    {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: data, CI: "true" },
    },
  );

describe("jobstrata local open", () => {
  it("starts the workspace, and prints a link that works once", async () => {
    try {
      const first = await local("open", "--executor", "simulated");
      expect(first.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]{32}\n$/);
      expect(first.stderr).toMatch(
        /^The local workspace is at http:\S+ \(process \d+\)\.\nThe link works once, within five minutes\.\n$/,
      );
      const again = await local("open", "--no-browser");
      expect(again.stderr).toBe("The link works once, within five minutes.\n");
      expect(again.stdout).not.toBe(first.stdout);

      const [host = "", code] = first.stdout.trim().split("/#code=");
      const logIn = (): Promise<Response> =>
        fetch(`${host}/page/session`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ code }),
        });
      const { token } = (await (await logIn()).json()) as { token: string };
      expect((await logIn()).status).toBe(403);
      const jobs = await fetch(`${host}/page/hierarchy`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      expect(await jobs.json()).toEqual({ environments: [] });
      const html = await (await fetch(host)).text();
      expect(html).toContain('<script src="/page.js"');
      expect(html).toContain('href="/page.css"');
      expect((await (await fetch(`${host}/page.js`)).text()).length).toBeGreaterThan(1000);

      await expect(local("open", "--run", "99")).rejects.toMatchObject({
        code: 2,
        stdout: "",
        stderr: "Run 99 does not exist.\n",
      });

      const { stdout } = await local("status");
      expect(stdout).toContain(`See jobs and runs: npx jobstrata local open --data ${data}\n`);
    } finally {
      await local("stop");
    }
  });
});

describe("hasScreen", () => {
  it.each<[NodeJS.Platform, Record<string, string>, boolean]>([
    ["linux", {}, false],
    ["linux", { DISPLAY: ":0" }, true],
    ["linux", { DISPLAY: "" }, false],
    ["linux", { WAYLAND_DISPLAY: "wayland-0" }, true],
    ["linux", { WSL_DISTRO_NAME: "Ubuntu" }, true],
    ["linux", { DISPLAY: ":0", CI: "true" }, false],
    ["darwin", {}, true],
    ["darwin", { SSH_CONNECTION: "::1 1 ::1 22" }, false],
    ["win32", {}, true],
  ])("knows of %s with %j: %j", (platform, env, expected) => {
    expect(hasScreen(env, platform)).toBe(expected);
  });
});
