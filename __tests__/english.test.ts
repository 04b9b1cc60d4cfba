import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "./support/policy";

const SCRIPT = join(__dirname, "..", ".ci", "english.js");

/** What the check prints of a file with this text. */
function check(name: string, text: string): { status: number | null; stdout: string } {
  const folder = tempFolder();
  writeFileSync(join(folder, name), text);
  return spawnSync(process.execPath, [SCRIPT, name], { cwd: folder, encoding: "utf8" });
}

describe("the check of the English", () => {
  it("names file, line and phrase, and says what to write instead", () => {
    expect(check("page.md", "Runs a job.\nThat is no path.\n")).toMatchObject({
      status: 1,
      stdout: 'page.md:2: "is no path": write "is not a …", "must be …"\n',
    });
  });

  it.each([
    "a job of others",
    "how to mend it",
    "at most so many",
    "whoever runs it",
    "it is said",
  ])("finds %j", (phrase) => {
    expect(check("run.ts", `// ${phrase}\n`).status).toBe(1);
  });

  it.each([
    "there is no job",
    "it is no longer there",
    "I recommend it",
    "at most 72",
    "it says so",
    "for (const job of others) run(job);",
  ])("passes %j", (phrase) => {
    expect(check("run.ts", `// ${phrase}\n`)).toMatchObject({ status: 0, stdout: "" });
  });

  it.each([
    ['it("mends a run", () => {', 1],
    ['it.each([1])("mends %s", (run) => {', 1],
    [']).each(["a"])("mends %s", () => {', 0],
    ['  ])("mends %s", (run) => {', 1],
    ['expect(text).toBe("mend it");', 0],
  ])("reads only the title of a test: %s", (line, status) => {
    expect(check("run.test.ts", `${line}\n`).status).toBe(status);
  });
});
