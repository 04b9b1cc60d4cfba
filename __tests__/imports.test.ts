import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
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

/** The packages that are installed, and of ours those of `copy`. */
function linkPackages(copy: string): void {
  const installed = join(ROOT, "node_modules");
  const modules = join(copy, "node_modules");
  mkdirSync(join(modules, "@jobstrata"), { recursive: true });
  for (const name of readdirSync(installed))
    if (name !== "@jobstrata" && name !== "jobstrata")
      symlinkSync(join(installed, name), join(modules, name));
  const rooms = { cdktf: "constructs", core: "core", local: "local", run: "run" };
  for (const [name, room] of Object.entries(rooms))
    symlinkSync(join(copy, "src", room), join(modules, "@jobstrata", name));
}

describe("import rules", () => {
  test("are kept by the repository", () => {
    expect(brokenRules(ROOT)).toEqual([]);
  });

  test("are reported when an import breaks them", () => {
    const copy = tempFolder();
    for (const name of [
      "src",
      "main.ts",
      "tsconfig.base.json",
      "tsconfig.json",
      "package.json",
      ".dependency-cruiser.js",
    ])
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    linkPackages(copy);
    const write = (path: string, imported: string): void => {
      writeFileSync(
        join(copy, path),
        `import * as it from "${imported}";\nexport const them = it;\n`,
      );
    };
    write("src/core/model/probe.ts", "../policy/rules");
    write("src/core/policy/rules/probe.ts", "node:fs");
    write("src/core/readers/probe.ts", "cdktf");
    write("src/core/policy/probe.ts", "@jobstrata/run");
    write("src/core/report/probe.ts", "../readers/payload/job-payload");
    write("src/constructs/probe.ts", "../core/model/text");
    write("src/run/probe.ts", "@jobstrata/local");
    write("src/local/probe.ts", "../cli/probe");
    write("src/local/provider/probe.ts", "../store");
    write("src/cli/probe.ts", "@jobstrata/cdktf");
    expect(
      brokenRules(copy).filter(
        (broken) => broken.includes("probe") && !broken.startsWith("no-orphans"),
      ),
    ).toEqual([
      "cdktf-in-its-rooms: src/core/readers/probe.ts -> node_modules/cdktf/lib/index.js",
      "cli: src/cli/probe.ts -> src/constructs/index.ts",
      "core-imports-nothing: src/core/policy/probe.ts -> src/run/index.ts",
      "local: src/local/probe.ts -> src/cli/probe.ts",
      "model-and-rules-know-no-packages: src/core/policy/rules/probe.ts -> fs",
      "model-imports-nothing: src/core/model/probe.ts -> src/core/policy/rules/index.ts",
      "nothing-imports-cli: src/local/probe.ts -> src/cli/probe.ts",
      "packages-by-name: src/constructs/probe.ts -> src/core/model/text.ts",
      "packages-by-name: src/local/probe.ts -> src/cli/probe.ts",
      "policy: src/core/policy/probe.ts -> src/run/index.ts",
      "provider-knows-the-workspace-by-http-only: src/local/provider/probe.ts -> src/local/store.ts",
      "report: src/core/report/probe.ts -> src/core/readers/payload/job-payload.ts",
      "run: src/run/probe.ts -> src/local/index.ts",
    ]);
  });
});
