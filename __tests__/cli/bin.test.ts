import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "..", "..");
const BIN = "src/cli/bin/jobstrata.js";
const BUNDLE = join(ROOT, "__tests__", "fixtures", "three-layer-bundle");

function jobstrata(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [BIN, ...args], {
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

  (existsSync("/dev/full") ? it : it.skip)("fails if nobody can read the output", () => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [BIN, "rules"], {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    expect(stderr).toBe("the output cannot be written: no space left on the disk (ENOSPC)\n");
    expect(status).toBe(2);
  });

  it.each([
    ["init", (folder: string) => ["init", folder, "--yes"], "nothing is written"],
    ["docs", (folder: string) => ["docs", BUNDLE, "-o", folder], "pages cannot be written"],
  ])("leaves nothing behind if the disk fills up: %s", (_, args, error) => {
    const parent = mkdtempSync(join(tmpdir(), "jobstrata-full-"));
    const folder = join(parent, "new", "folder");
    try {
      // A limit of the shell stops every write after the file has been created, as a full disk does.
      const command = ["-c", 'ulimit -f 0; exec "$0" "$@"', process.execPath, BIN];
      const { status, stderr } = spawnSync("sh", [...command, ...args(folder)], {
        cwd: ROOT,
        encoding: "utf8",
      });
      expect(stderr).toMatch(error);
      expect(stderr).toMatch(/: the file would be too large \(EFBIG\)\n$/);
      expect(status).toBe(2);
      expect(readdirSync(parent)).toEqual([]);
    } finally {
      rmSync(parent, { recursive: true });
    }
  });
});
