import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "..");

/** `npm run imports` over a copy of the sources with one more file in it. */
function check(file: string, content: string): { status: number | null; stdout: string } {
  const copy = mkdtempSync(join(tmpdir(), "jobstrata-imports-"));
  try {
    for (const name of [
      "src",
      "main.ts",
      ".dependency-cruiser.js",
      "tsconfig.json",
      "package.json",
    ]) {
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    mkdirSync(join(copy, file, ".."), { recursive: true });
    writeFileSync(join(copy, file), content);
    const depcruise = join(
      ROOT,
      "node_modules",
      "dependency-cruiser",
      "bin",
      "dependency-cruise.mjs",
    );
    return spawnSync(process.execPath, [depcruise, "src", "main.ts"], {
      cwd: copy,
      encoding: "utf8",
    });
  } finally {
    rmSync(copy, { recursive: true });
  }
}

describe("the import rules", () => {
  it.each([
    ["src/model/bad.ts", 'import "../errors";', "model-imports-nothing"],
    ["src/policy/rules/bad.ts", 'import "cdktf";', "model-and-rules-know-no-packages"],
    ["src/policy/rules/bad.ts", 'import "node:fs";', "model-and-rules-know-no-packages"],
    ["src/constructs/bad.ts", 'import "../policy/app";', "constructs"],
    ["src/readers/bad.ts", 'import "cdktf";', "cdktf-in-its-rooms"],
    ["src/alerting/bad.ts", 'import "../policy/app";', "alerting"],
    ["src/policy/bad.ts", 'import "../cli/program";', "nothing-imports-cli"],
  ])("refuse in %s: %s", (file, content, rule) => {
    const { status, stdout } = check(file, `${content}\nexport const bad = 1;\n`);
    expect(stdout).toContain(`error ${rule}: ${file}`);
    expect(status).not.toBe(0);
  });
});
