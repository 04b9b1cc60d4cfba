import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DEPENDENCIES } from "../../src/cli/project/framework";
import { JSX_FOR_JEST, JSX_FOR_TSC, linkPackages } from "../support/linked-packages";
import { TYPESCRIPT } from "../e2e/support/processes";

// Each compiles whole projects, on however busy a machine.
jest.setTimeout(600_000);

const ROOT = resolve(__dirname, "..", "..");
const COMMAND = join(ROOT, "src", "cli", "bin", "jobstrata.js");
const parent = mkdtempSync(join(tmpdir(), "jobstrata-examples-"));

beforeAll(() => {
  linkPackages(join(parent, "packages"));
});
afterAll(() => {
  rmSync(parent, { recursive: true });
});

interface Drawn {
  readonly jobs: readonly { readonly key: string; readonly level: string }[];
}

/** Types, synthesis and policy of a copy, as its README tells; the jobs of the environment. */
function proved(example: string, environment: string): Drawn["jobs"] {
  const folder = join(parent, example);
  mkdirSync(folder);
  cpSync(join(ROOT, "examples", example), folder, { recursive: true });
  symlinkSync(join(parent, "packages"), join(folder, "node_modules"));
  const node = (...args: string[]): string =>
    execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  node(join(ROOT, "node_modules", "typescript-7", "bin", "tsc"), ...JSX_FOR_TSC);
  node(...TYPESCRIPT, "main.ts");
  expect(node(COMMAND, "check")).toMatch(/: no findings\n$/);
  return (JSON.parse(node(COMMAND, "graph", "-t", environment, "--format", "json")) as Drawn).jobs;
}

describe("examples", () => {
  it("layers has twelve jobs of three levels, and needs no override", () => {
    const jobs = proved("layers", "dev");
    const count = (level: string): number => jobs.filter((job) => job.level === level).length;
    expect([count("atomic"), count("composite"), count("orchestrator")]).toEqual([8, 3, 1]);
    const stack = readFileSync(
      join(parent, "layers", "cdktf.out", "stacks", "bronze-dev-atomic", "cdk.tf.json"),
      "utf8",
    );
    expect(stack).not.toContain('"overrides"');
  });

  it("layers has tests of its own, which pass", () => {
    const folder = join(parent, "layers");
    const jest = join(ROOT, "node_modules", "jest", "bin", "jest.js");
    const { status, stderr } = spawnSync(process.execPath, [jest, "--ci", ...JSX_FOR_JEST], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(stderr).toContain("Tests:       6 passed, 6 total");
    expect(status).toBe(0);
  });

  it("cdktn is an app of the fork", () => {
    expect(proved("cdktn", "dev").map(({ key }) => key)).toEqual(
      expect.arrayContaining(["ingest_orders_job", "ingest_customers_job", "bronze_refresh_job"]),
    );
  });

  it("policy-only judges the generated classes", () => {
    expect(
      proved("policy-only", "dev")
        .map(({ level }) => level)
        .sort(),
    ).toEqual(["atomic", "composite"]);
  });

  it.each([
    ["layers", "cdktf"],
    ["cdktn", "cdktn"],
    ["policy-only", "cdktf"],
  ] as const)("%s depends on versions, those of a new project on %s", (example, framework) => {
    const manifest = JSON.parse(
      readFileSync(join(ROOT, "examples", example, "package.json"), "utf8"),
    ) as { dependencies: object; devDependencies: object };
    const { version } = JSON.parse(
      readFileSync(join(ROOT, "src", "cli", "package.json"), "utf8"),
    ) as { version: string };
    const { app, command, tools } = DEPENDENCIES[framework];
    expect(manifest.dependencies).toEqual({ ...app, [`@jobstrata/${framework}`]: `^${version}` });
    const own = { "@jobstrata/local": `^${version}`, jobstrata: `^${version}` };
    for (const [name, range] of Object.entries(manifest.devDependencies))
      expect([name, range]).toEqual([name, { ...own, ...command, ...tools }[name]]);
  });
});
