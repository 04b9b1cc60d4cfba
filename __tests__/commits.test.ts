import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { tempFolder } from "./support/policy";

const SCRIPT = join(__dirname, "..", ".ci", "commits.js");

function git(folder: string, ...args: string[]): void {
  const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  execFileSync("git", [...identity, ...args], { cwd: folder, stdio: "ignore" });
}

/** A repository whose branch has a commit with each of the subjects that main does not have. */
function branchWith(subjects: readonly string[]): string {
  const folder = tempFolder();
  git(folder, "init", "--initial-branch", "main");
  git(folder, "commit", "--allow-empty", "-m", "Old commits keep their subjects.");
  git(folder, "checkout", "-b", "topic");
  for (const subject of subjects) git(folder, "commit", "--allow-empty", "-m", subject);
  return folder;
}

function check(folder: string): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, [SCRIPT], {
    cwd: folder,
    encoding: "utf8",
    // A folder that is inside of a work tree by chance is not taken for a part of it.
    env: { ...process.env, GIT_CEILING_DIRECTORIES: join(folder, "..") },
  });
}

describe("the check of commit subjects", () => {
  it("passes imperative subjects with a room, and reverts", () => {
    const folder = branchWith([
      "local: keep runs in typed stores",
      "chore(main): release 0.2.0",
      'Revert "local: keep runs in typed stores"',
    ]);

    expect(check(folder)).toMatchObject({
      status: 0,
      stdout: "Commit subjects: 3 new, 0 to fix.\n",
    });
  });

  it.each([
    ["Keep runs in typed stores", "must begin with a room"],
    [`local: ${"keep ".repeat(14)}`, "has 76 characters, at most 72"],
    ["local: added typed stores", "must be imperative"],
    ["local: keep runs in typed stores.", "must not end with a full stop"],
  ])("refuses %j", (subject, problem) => {
    const { status, stdout } = check(branchWith(["tests: name the owner", subject]));

    expect(stdout).toContain(problem);
    expect(stdout).toContain("2 new, 1 to fix");
    expect(status).toBe(1);
  });

  it("skips merges", () => {
    const folder = branchWith(["local: keep runs in typed stores"]);
    git(folder, "checkout", "-b", "other", "main");
    git(folder, "commit", "--allow-empty", "-m", "run: retry 504");
    git(folder, "checkout", "topic");
    git(folder, "merge", "--no-ff", "-m", "Merge branch 'other'", "other");

    expect(check(folder)).toMatchObject({
      status: 0,
      stdout: "Commit subjects: 2 new, 0 to fix.\n",
    });
  });

  it("checks a clone's branch against origin/main, and nothing in a shallow clone of a branch", () => {
    const folder = branchWith(["Keep runs in typed stores"]);
    const clone = tempFolder();
    const shallow = tempFolder();
    git(clone, "clone", "--branch", "topic", folder, ".");
    git(shallow, "clone", "--depth", "1", "--branch", "topic", `file://${folder}`, ".");

    expect(check(clone)).toMatchObject({ status: 1 });
    expect(check(shallow)).toMatchObject({
      status: 0,
      stdout: "Commit subjects are not checked: git does not know what main has.\n",
    });
  });

  it("checks nothing outside of a repository", () => {
    expect(check(tempFolder())).toMatchObject({
      status: 0,
      stdout: "Commit subjects are not checked: git does not know what main has.\n",
    });
  });
});
