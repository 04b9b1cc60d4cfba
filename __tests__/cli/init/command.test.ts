import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { CDKTN_PEERS } from "../../../packaging/cdktn";
import { FRAMEWORKS } from "../../../src/core/framework";
import { DEPENDENCIES } from "../../../src/cli/project/framework";
import { filesOf } from "../../e2e/support/project";
import { JSX_FOR_JEST, JSX_FOR_TSC, linkPackages } from "../../support/linked-packages";
import { TestTerminal } from "../../support/terminal";
import { jobstrata, type Said } from "../program-support";
import { TYPESCRIPT } from "../../e2e/support/processes";

const ROOT = resolve(__dirname, "..", "..", "..");
const COMMAND = [process.execPath, join(ROOT, "src", "cli", "bin", "jobstrata.js")] as const;
const TSC = join(ROOT, "node_modules", "typescript-7", "bin", "tsc");

const parent = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-init-")));
const packages = join(parent, "packages");
let count = 0;
let folder: string;

beforeAll(() => {
  linkPackages(packages);
});

beforeEach(() => {
  folder = join(parent, `alerting-jobs-${(count += 1)}`);
  mkdirSync(folder);
  symlinkSync(packages, join(folder, "node_modules"));
});

afterAll(() => {
  process.chdir(ROOT);
  rmSync(parent, { recursive: true });
});

/** Runs the command in the folder. */
function inFolder(...args: string[]): Promise<Said> {
  process.chdir(folder);
  return jobstrata(...args);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const read = (path: string): string => readFileSync(join(folder, path), "utf8");

/** All files with their text. */
const contents = (): Record<string, string> =>
  Object.fromEntries(
    filesOf(folder, ["node_modules", "cdktf.out"]).map((path) => [path, read(path)]),
  );

/** Types, synthesis and policy; the stacks that were written. */
async function proved(flags: readonly string[] = []): Promise<string[]> {
  execFileSync(process.execPath, [TSC, "--noEmit", ...JSX_FOR_TSC, ...flags], {
    cwd: folder,
    stdio: "inherit",
  });
  execFileSync(process.execPath, [...TYPESCRIPT, "main.ts"], { cwd: folder, stdio: "inherit" });
  expect(await inFolder("check")).toMatchObject({ code: 0, err: "" });
  return readdirSync(join(folder, "cdktf.out", "stacks")).sort();
}

const CDKTF_APP = `import { App, TerraformStack } from "cdktf";

class Network extends TerraformStack {}

const app = new App();
new Network(app, "network"); // app.synth() comes last
app.synth();
`;

function cdktfProject(framework: "cdktf" | "cdktn" = "cdktf"): void {
  write("main.ts", CDKTF_APP.replace('"cdktf"', `"${framework}"`));
  write(
    "cdktf.json",
    '{ "language": "typescript", "app": "npx ts-node main.ts", "projectId": "7f" }\n',
  );
  write(
    "tsconfig.json",
    '{ "compilerOptions": { "strict": true, "module": "Node16", "types": ["node"], "skipLibCheck": true } }\n',
  );
  write(
    "package.json",
    `{
    "name": "network",
    "files": ["a", "b"],
    "dependencies": {
        "${framework}": "${DEPENDENCIES[framework].app[framework]}",
        "constructs": "^10.4.2"
    },
    "scripts": { "test": "vitest" }
}`,
  );
}

describe("jobstrata init in an empty folder", () => {
  it("writes an app that passes the policy, without prompts", async () => {
    const ended = spawnSync(COMMAND[0], [COMMAND[1], "init", "--yes"], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, npm_config_registry: "http://127.0.0.1:9" },
    });

    expect(ended).toMatchObject({ status: 0, stderr: "" });
    const files = filesOf(folder, ["node_modules"]);
    expect(
      ended.stdout
        .match(/^wrote +(\S+)$/gm)
        ?.map((line) => line.split(/ +/)[1])
        .sort(),
    ).toEqual(files);
    expect(ended.stdout).toContain(
      "npx jobstrata local try 'bronze-dev-*' --run bronze_refresh_job\n",
    );
    expect(read("README.md").trim().split("\n").length).toBeLessThanOrEqual(8);
    expect(await proved(["--noUnusedLocals", "--noUnusedParameters"])).toEqual([
      "bronze-dev-atomic",
      "bronze-dev-composite",
    ]);
  });

  it("writes files that Prettier leaves as they are", async () => {
    await inFolder("init", "--yes", "--environments", "dev,prod");
    await inFolder("add", "job", "ingest_orders");
    await inFolder("add", "composite", "nightly");
    await inFolder("add", "layer", "silver");
    await inFolder("add", "orchestrator", "every_night");
    const prettier = join(ROOT, "node_modules", "prettier", "bin", "prettier.cjs");
    const { stderr } = spawnSync(
      process.execPath,
      [prettier, "--check", ".", "--print-width", "100"],
      {
        cwd: folder,
        encoding: "utf8",
      },
    );
    expect(stderr).toBe("");
  });

  it("writes a test that passes, and fails on a violation", async () => {
    await inFolder("init", "--yes");
    const jest = (): number | null =>
      spawnSync(
        process.execPath,
        [join(ROOT, "node_modules", "jest", "bin", "jest.js"), "--ci", ...JSX_FOR_JEST],
        { cwd: folder },
      ).status;
    expect(jest()).toBe(0);
    await inFolder("add", "job", "again");
    write(
      "jobs/bronze/again_job.ts",
      read("jobs/bronze/again_job.ts").replace("again.py", "hello.py"),
    );
    expect(jest()).toBe(1);
  });

  it("takes framework, layer and environments as options", async () => {
    const { code } = await inFolder(
      "init",
      "--yes",
      "--framework",
      "cdktn",
      "--layer",
      "raw_events",
      "--environments",
      "dev, prod-eu",
    );

    expect(code).toBe(0);
    expect(JSON.parse(read("package.json"))).toMatchObject({
      dependencies: { cdktn: "^0.24.0", "@jobstrata/cdktn": expect.any(String) as string },
      devDependencies: { "cdktn-cli": "^0.24.0" },
    });
    expect(Object.values(contents()).join("\n")).not.toContain('cdktf"');
    expect(await proved()).toEqual([
      "raw_events-dev-atomic",
      "raw_events-dev-composite",
      "raw_events-prod-eu-atomic",
      "raw_events-prod-eu-composite",
    ]);
  });

  it("makes the folder that it is given", async () => {
    expect(await inFolder("init", "alerting", "--yes")).toMatchObject({ code: 0 });
    expect(read("alerting/package.json")).toContain('"name": "alerting"');
  });

  it("asks in a terminal", async () => {
    const terminal = new TestTerminal([...COMMAND, "init"], {
      cwd: folder,
      env: { ...process.env, CI: "", TERM: "xterm" },
      columns: 100,
      rows: 40,
    });
    for (const [question, answer] of [
      [/Framework.*\(cdktf\): /, ""],
      [/first layer \(bronze\): /, "silver"],
      [/Environments.*\(dev\): /, "test"],
    ] as const) {
      while (!question.test(terminal.written)) await new Promise((done) => setTimeout(done, 20));
      terminal.type(`${answer}\r`);
    }
    expect(await terminal.ended()).toBe(0);
    expect(read("jobs/silver/layer.ts")).toContain("class SilverLayer");
    expect(read("jobs/environments.ts")).toContain('name: "test"');
  });

  it("writes nothing when the prompts are cancelled", async () => {
    const terminal = new TestTerminal([...COMMAND, "init"], {
      cwd: folder,
      env: { ...process.env, CI: "", TERM: "xterm" },
      columns: 100,
      rows: 40,
    });
    while (!terminal.written.includes("Framework"))
      await new Promise((done) => setTimeout(done, 20));
    terminal.type("\u0004");
    expect(await terminal.ended()).toBe(2);
    expect(terminal.written).toContain("nothing is written");
    expect(filesOf(folder, ["node_modules"])).toEqual([]);
  });

  it.each([
    [["--layer", "Bronze"], 'invalid layer name "Bronze"'],
    [["--layer", "../up"], "invalid layer name"],
    [["--layer", "job"], "would be called JobLayer"],
    [["--environments", "dev,"], 'invalid environment name ""'],
    [["--environments", "dev,dev"], 'environment "dev" is given twice'],
    [["--framework", "pulumi"], "Allowed choices are cdktf, cdktn"],
  ])("refuses %j and writes nothing", async (args, why) => {
    const { code, err } = await inFolder("init", "--yes", ...args);
    expect(err).toContain(why);
    expect(code).toBe(2);
    expect(filesOf(folder, ["node_modules"])).toEqual([]);
  });
});

describe("jobstrata init in a folder with files", () => {
  it("changes nothing when it runs a second time", async () => {
    await inFolder("init", "--yes");
    const before = contents();

    const second = await inFolder("init", "--yes", "--layer", "gold");

    expect(second.code).toBe(0);
    expect(second.out).toMatch(/^Nothing to write: all files exist\.\n/);
    expect(contents()).toEqual(before);
  });

  it("keeps existing files and reports them", async () => {
    write("README.md", "mine\n");
    write("tsconfig.json", "{}\n");
    write("jobs/bronze/hello.py", "# Databricks notebook source\nprint('mine')\n");
    write(".gitignore", "/node_modules\n*.log");

    const { code, out } = await inFolder("init", "--yes");

    expect(code).toBe(0);
    expect(read("README.md")).toBe("mine\n");
    expect(read("tsconfig.json")).toBe("{}\n");
    expect(read("jobs/bronze/hello.py")).toContain("mine");
    expect(read(".gitignore")).toBe(
      "/node_modules\n*.log\ncdktf.out/\n.jobstrata/\n.terraform/\nterraform.*.tfstate*\n",
    );
    for (const path of ["README.md", "tsconfig.json", "jobs/bronze/hello.py"])
      expect(out).toContain(`kept     ${path}\n`);
  });

  it.each(FRAMEWORKS)("adds jobs to an app of %s by a line in its main.ts", async (framework) => {
    cdktfProject(framework);

    const { code, out } = await inFolder("init", "--yes");

    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringContaining("changed  main.ts: calls addJobs") as string,
    });
    expect(read("main.ts")).toBe(
      CDKTF_APP.replace(
        '"cdktf";\n',
        `"${framework}";\nimport { addJobs } from "./jobs";\n`,
      ).replace("\napp.synth", "\naddJobs(app);\napp.synth"),
    );
    // Formatted as before, with additions in their place.
    expect(read("package.json")).toContain('    "files": ["a", "b"],\n');
    expect(read("package.json")).toContain('"scripts": { "test": "vitest" }');
    expect(read("package.json")).not.toMatch(/"tsx"|"jest"/);
    const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<
      string,
      object
    >;
    expect(Object.keys(dependencies ?? {})).toEqual([
      `@${framework}/provider-databricks`,
      `@jobstrata/${framework}`,
      framework,
      "constructs",
    ]);
    expect(Object.keys(devDependencies ?? {}).sort()).toEqual([
      "@jobstrata/local",
      `${framework}-cli`,
      "jobstrata",
    ]);
    expect(filesOf(folder, ["node_modules"])).not.toContain("jest.config.js");
    expect(await proved()).toEqual(["bronze-dev-atomic", "bronze-dev-composite", "network"]);
  });

  it("keeps line ends, tabs and the order of sorted dependencies", async () => {
    cdktfProject();
    write("main.ts", CDKTF_APP.replace(/\n/g, "\r\n"));
    write(
      "package.json",
      '\ufeff{\r\n\t"dependencies": {\r\n\t\t"cdktf": "^0.21.0",\r\n\t\t"zod": "4.0.0"\r\n\t}\r\n}\r\n',
    );
    await inFolder("init", "--yes");
    expect(read("main.ts").replace(/\r\n/g, "")).not.toMatch(/[\r\n]/);
    expect(read("package.json").replace(/\r\n/g, "")).not.toMatch(/[\r\n]/);
    expect(read("package.json")).toMatch(
      /^\ufeff\{\r\n\t"dependencies": \{\r\n\t\t"@cdktf\/provider-databricks": .*\r\n\t\t"@jobstrata\/cdktf": .*\r\n\t\t"cdktf": "\^0\.21\.0",\r\n\t\t"constructs": .*\r\n\t\t"zod": "4\.0\.0"\r\n\t\},\r\n\t"devDependencies": /,
    );
  });

  it("follows cdktf.json to the file of the app, and ES modules to their extensions", async () => {
    cdktfProject();
    rmSync(join(folder, "main.ts"));
    write("src/app.ts", CDKTF_APP);
    write("cdktf.json", '{ "language": "typescript", "app": "npx tsx ./src/app.ts" }\n');
    write("package.json", '{ "type": "module", "dependencies": { "cdktf": "^0.21.0" } }\n');

    expect(await inFolder("init", "--yes")).toMatchObject({ code: 0 });

    expect(read("src/app.ts")).toContain('import { addJobs } from "../jobs/index.js";\n');
    expect(read("jobs/index.ts")).toContain('from "./bronze/layer.js"');
  });

  it.each([
    ["no call of synth", "export const app = 1;\n"],
    ["two apps", `${CDKTF_APP}const other = new App();\nother.synth();\n`],
    ["addJobs of its own", CDKTF_APP.replace("new Network(", "const addJobs = 1;\nnew Network(")],
    ["a call in a comment alone", "// app.synth();\n"],
  ])("says which lines to add, and writes nothing, if main.ts has %s", async (_, text) => {
    cdktfProject();
    write("main.ts", text);
    const before = contents();

    const { code, err } = await inFolder("init", "--yes");

    expect(code).toBe(1);
    expect(err).toContain('  import { addJobs } from "./jobs";\n  addJobs(app);');
    expect(contents()).toEqual(before);
  });

  it("continues once the lines are present", async () => {
    cdktfProject();
    const wired = `import { addJobs } from './jobs'\n${CDKTF_APP.replace("app.synth();\n", "addJobs(app)\nsynthesize(app)\n")}`;
    write("main.ts", wired);
    expect(await inFolder("init", "--yes")).toMatchObject({ code: 0 });
    expect(read("main.ts")).toBe(wired);
    expect(read("jobs/index.ts")).toContain("addJobs");
  });

  it.each([
    ["package.json", "{,}", "package.json is not valid JSON"],
    ["package.json", "[]", "package.json must hold a JSON object"],
    ["cdktf.json", '{ "language": "python", "app": "python main.py" }', 'has "language": "python"'],
    ["package.json", '{ "dependencies": { "cdktn": "0.24.0" } }', "package.json depends on cdktn"],
  ])("refuses a folder whose %s is %s", async (path, text, why) => {
    write(path, text);
    const { code, err } = await inFolder("init", "--yes", "--framework", "cdktf");
    expect(err).toContain(why);
    expect(code).toBe(2);
    expect(Object.keys(contents())).toEqual([path]);
  });

  it("warns of a framework that is too old", async () => {
    cdktfProject();
    write("package.json", read("package.json").replace("^0.21.0", "^0.20.8"));
    expect((await inFolder("init", "--yes")).err).toContain(
      "package.json asks for cdktf ^0.20.8; @jobstrata/cdktf needs ^0.21.0",
    );
  });

  it("rolls back if one file cannot be written", async () => {
    write("jobs", "a file in the place of the folder\n");
    const { code, err } = await inFolder("init", "--yes");
    expect(err).toContain("nothing is written, since one file cannot be");
    expect(code).toBe(2);
    expect(Object.keys(contents())).toEqual(["jobs"]);
  });
});

describe("jobstrata add", () => {
  beforeEach(async () => {
    await inFolder("init", "--yes");
  });

  it("adds jobs and layers that pass the policy", async () => {
    for (const args of [
      ["job", "ingest_orders"],
      ["composite", "nightly"],
      ["job", "late_job"],
      ["layer", "silver"],
      ["job", "clean_orders", "--layer", "silver"],
      ["composite", "silver_refresh", "--layer", "silver"],
      ["orchestrator", "every_night"],
    ])
      expect(await inFolder("add", ...args)).toMatchObject({ code: 0, err: "" });

    // What runs other jobs is made after them, whenever they were added.
    expect(read("jobs/bronze/layer.ts").match(/readonly .*/g)).toEqual([
      "readonly hello = helloJob(this.atomic);",
      "readonly ingestOrders = ingestOrdersJob(this.atomic);",
      "readonly late = lateJob(this.atomic);",
      "readonly bronzeRefresh = bronzeRefreshJob(this);",
      "readonly nightly = nightlyJob(this);",
    ]);
    expect(await proved(["--noUnusedLocals", "--noUnusedParameters"])).toEqual([
      "bronze-dev-atomic",
      "bronze-dev-composite",
      "every_night-dev",
      "silver-dev-atomic",
      "silver-dev-composite",
    ]);
    const { out } = await inFolder("graph", "nightly_job", "--format", "json");
    const { jobs } = JSON.parse(out) as { jobs: { key: string }[] };
    expect(jobs.map(({ key }) => key).sort()).toEqual([
      "hello_job",
      "ingest_orders_job",
      "nightly_job",
    ]);
  });

  it("finds its place in files that were written by hand", async () => {
    write(
      "jobs/bronze/layer.ts",
      `#!/usr/bin/env node
// class Old extends JobLayer { readonly no = noJob(this.atomic) }
import { JobLayer } from '@jobstrata/cdktf'
import {
  helloJob as makeHello,
} from "./hello_job"

const pattern = /"{(/, text = \`class \${"x"} extends JobLayer {\`
export class BronzeLayer extends JobLayer {
	public readonly hello: AtomicJob = makeHello(
		this.atomic, // }
	)
	readonly other = otherJob(this)
	method() { const inner = innerJob(this.atomic); return "}" }
}
`,
    );
    expect(await inFolder("add", "job", "orders")).toMatchObject({ code: 0, err: "" });
    const text = read("jobs/bronze/layer.ts");
    expect(text).toContain(
      '} from "./hello_job"\nimport { ordersJob } from "./orders_job";\n\nconst',
    );
    expect(text).toContain(
      "\t)\n\treadonly orders = ordersJob(this.atomic);\n\treadonly other = otherJob(this)\n",
    );
  });

  it.each([
    [
      "job",
      "jobs/bronze/layer.ts",
      "export const layer = 1;\n",
      "readonly orders = ordersJob(this.atomic);",
    ],
    [
      "layer",
      "jobs/index.ts",
      "export function addJobs() {}\n",
      "new OrdersLayer(app, environment);",
    ],
  ])(
    "says which lines to add, and writes nothing, if there is no place for a %s",
    async (kind, path, text, line) => {
      write(path, text);
      const before = contents();
      const { code, err } = await inFolder("add", kind, "orders");
      expect(err).toContain("import { ");
      expect(err).toContain(`  ${line}`);
      expect(code).toBe(1);
      expect(contents()).toEqual(before);
    },
  );

  it.each([
    [["job", "hello"], 'there is a job "hello_job" in layer "bronze"'],
    [["job", "Orders"], 'invalid job name "Orders"'],
    [["job", "atomic"], 'every layer has a member "atomic"'],
    [["job", "orders", "--layer", "bronz"], 'did you mean "bronze"'],
    [["layer", "bronze"], '"jobs/bronze/layer.ts" already exists'],
  ])("refuses %j and writes nothing", async (args, why) => {
    const before = contents();
    const { code, err } = await inFolder("add", ...args);
    expect(err).toContain(why);
    expect(code).toBe(2);
    expect(contents()).toEqual(before);
  });

  it("asks for a layer where there are several, and for a name that is free in all", async () => {
    await inFolder("add", "layer", "silver");
    expect((await inFolder("add", "job", "orders")).err).toContain("--layer: bronze, silver");
    expect((await inFolder("add", "job", "hello", "--layer", "silver")).err).toContain(
      "such as silver_hello",
    );
    expect(await inFolder("add", "composite", "all", "--layer", "silver")).toMatchObject({
      code: 1,
      err: expect.stringContaining("has no atomic job") as string,
    });
  });

  it("gives names to the layers that an orchestrator runs, and leaves names that they have", async () => {
    await inFolder("add", "layer", "silver");
    await inFolder("add", "job", "clean", "--layer", "silver");
    await inFolder("add", "composite", "silver_refresh", "--layer", "silver");
    await inFolder("add", "layer", "gold");
    write("jobs/index.ts", read("jobs/index.ts").replace("new Bronze", "const first = new Bronze"));
    expect(await inFolder("add", "orchestrator", "nightly")).toMatchObject({ code: 0, err: "" });
    expect(read("jobs/index.ts")).toContain(`    const first = new BronzeLayer(app, environment);
    const silver = new SilverLayer(app, environment);
    new GoldLayer(app, environment);
    nightlyJob(app, environment, { first, silver });
`);
    expect((await inFolder("add", "job", "nightly", "--layer", "gold")).err).toContain(
      'orchestrator "nightly_job" already exists',
    );
  });

  it("has nothing for an orchestrator to run without composite jobs", async () => {
    write("jobs/index.ts", read("jobs/index.ts").replace(/^ {4}new .*$/m, "    void environment;"));
    const before = contents();
    const { code, err } = await inFolder("add", "orchestrator", "nightly");
    expect(err).toContain("No layer has a composite job");
    expect(code).toBe(1);
    expect(contents()).toEqual(before);
  });

  it("is refused where init has not been", async () => {
    rmSync(join(folder, "jobs"), { recursive: true });
    const { code, err } = await inFolder("add", "job", "orders");
    expect(code).toBe(2);
    expect(err).toContain("run npx jobstrata init first");
  });
});

describe("what init depends on", () => {
  const manifest = (path: string): Record<string, Record<string, string>> =>
    JSON.parse(readFileSync(join(ROOT, path, "package.json"), "utf8")) as never;

  it("is what this repository uses", () => {
    const { dependencies = {}, devDependencies = {} } = manifest(".");
    const used: Record<string, string> = { ...devDependencies, ...dependencies };
    const { app, command, tools } = DEPENDENCIES.cdktf;
    for (const [name, range] of Object.entries({ ...app, ...command, ...tools }))
      expect([name, range]).toEqual([name, `^${used[name] ?? ""}`]);
  });

  it.each(FRAMEWORKS)("fits the peers of the package for %s", (framework) => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it brings no types
    const { subset } = require("semver") as { subset: (range: string, of: string) => boolean };
    const peers =
      framework === "cdktf" ? (manifest("src/constructs").peerDependencies ?? {}) : CDKTN_PEERS;
    expect(Object.keys(peers).sort()).toEqual(Object.keys(DEPENDENCIES[framework].app).sort());
    for (const [name, range] of Object.entries(peers))
      expect([name, subset(DEPENDENCIES[framework].app[name] ?? "", range)]).toEqual([name, true]);
  });
});
