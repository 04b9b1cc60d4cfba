import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { tempFolder } from "./support/policy";

const ROOT = join(__dirname, "..");

/** The broken import rules of a project, as `rule: from -> to`. */
function brokenRules(folder: string): string[] {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "node_modules/.bin/depcruise"), "src", "main.ts", "--output-type", "json"],
    { cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  if (!stdout.startsWith("{")) throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as {
    summary: {
      totalCruised: number;
      violations: { from: string; to: string; rule: { name: string } }[];
    };
  };
  if (summary.totalCruised < 40) throw new Error(`only ${summary.totalCruised} modules were read`);
  return summary.violations
    .map(
      ({ from, to, rule }) =>
        `${rule.name}: ${from} -> ${to.replace(/^.*node_modules/, "node_modules")}`,
    )
    .sort();
}

describe("import rules", () => {
  test("hold", () => {
    expect(brokenRules(ROOT)).toEqual([]);
  });

  test("are noticed when they are broken", () => {
    const copy = tempFolder();
    for (const name of [
      "src",
      "main.ts",
      "tsconfig.json",
      "package.json",
      ".dependency-cruiser.js",
    ])
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    mkdirSync(join(copy, "src/cli"), { recursive: true });
    const write = (path: string, imported: string): void => {
      writeFileSync(
        join(copy, path),
        `import * as it from "${imported}";\nexport const them = it;\n`,
      );
    };
    write("src/model/probe.ts", "../policy/rules");
    write("src/policy/rules/probe.ts", "node:fs");
    write("src/readers/probe.ts", "cdktf");
    write("src/constructs/probe.ts", "../policy/evaluate");
    write("src/report/probe.ts", "../readers/job-payload");
    write("src/cli/probe.ts", "../policy/app");
    write("src/policy/probe.ts", "../cli/probe");
    expect(
      brokenRules(copy).filter(
        (broken) => broken.includes("probe") && !broken.startsWith("no-orphans"),
      ),
    ).toEqual([
      "cdktf-in-its-rooms: src/readers/probe.ts -> node_modules/cdktf/lib/index.js",
      "constructs: src/constructs/probe.ts -> src/policy/evaluate.ts",
      "model-and-rules-know-no-packages: src/policy/rules/probe.ts -> fs",
      "model-imports-nothing: src/model/probe.ts -> src/policy/rules/index.ts",
      "nothing-imports-cli: src/policy/probe.ts -> src/cli/probe.ts",
      "policy: src/policy/probe.ts -> src/cli/probe.ts",
      "report: src/report/probe.ts -> src/readers/job-payload.ts",
    ]);
  });
});
