import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "..", "..");

function jobstrata(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["src/cli/bin/jobstrata.js", ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });
}

describe("jobstrata", () => {
  const [help = ""] = readFileSync(join(ROOT, "help"), "utf8").split(/^=== /m);

  it.each([[["--help"]], [[]]])("prints the overview of the help file for %j", (args) => {
    const { status, stdout } = jobstrata(...args);
    expect(stdout.trim()).toBe(help.trim());
    expect(status).toBe(0);
  });

  it("prints the version of the package", () => {
    const { version } = JSON.parse(
      readFileSync(join(ROOT, "src", "cli", "package.json"), "utf8"),
    ) as {
      version: string;
    };
    expect(jobstrata("--version")).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it.each([
    [["plan"], "unknown command 'plan'"],
    [["--nope"], "unknown option '--nope'"],
    [["local", "bogus"], "unknown command 'bogus'"],
    [["local", "exec"], "missing required argument 'command'"],
    [["local", "start", "--port", "abc"], "It must be a whole number from 0 to 65535."],
    [["local", "exec", "--provider", "own", "--", "ls"], "Allowed choices are local, registry."],
  ])("refuses %j on stderr with exit code 2", (args, why) => {
    const { status, stdout, stderr } = jobstrata(...args);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(why);
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });
});
