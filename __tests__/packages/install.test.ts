/** The packages as users get them: packed, and installed by package managers into projects outside of this repository. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { init } from "../../src/cli/init/command";
import { ROOT } from "./support/packed";
import { COMPILERS, type Installed, type PackageManager, pool, Project } from "./support/project";
import { type PackageRegistry, startRegistry } from "./support/registry";
import type { Ended } from "./support/run";
import { packageTools } from "./support/tools";

const APP = join(__dirname, "app");
const BUNDLES = join(ROOT, "__tests__", "fixtures");
const MEBIBYTE = 2 ** 20;
const STACKS = ["alerting-dev-atomic", "alerting-dev-composite"];
/** Installing may have to fetch everything first; milliseconds. */
const TIMEOUT = 600_000;

const CDKTF = ["cdktf", "@cdktf/provider-databricks", "constructs"];
const CDKTN = ["cdktn", "@cdktn/provider-databricks", "constructs"];

interface Case {
  readonly title: string;
  readonly manager: PackageManager;
  readonly framework: "cdktf" | "cdktn";
  readonly constructs: string;
  /** The version of TypeScript: 7 takes a fifth of the time. */
  readonly typescript: keyof typeof COMPILERS;
}

const CASES: readonly Case[] = [
  {
    title: "npm, cdktf and the oldest constructs that it allows",
    manager: "npm",
    framework: "cdktf",
    constructs: "10.4.2",
    typescript: 5,
  },
  {
    title: "npm, cdktf and the newest constructs",
    manager: "npm",
    framework: "cdktf",
    constructs: "^10.4.2",
    typescript: 7,
  },
  {
    title: "pnpm, cdktf and the newest constructs",
    manager: "pnpm",
    framework: "cdktf",
    constructs: "^10.4.2",
    typescript: 7,
  },
  {
    title: "npm, cdktn and the oldest constructs that it allows",
    manager: "npm",
    framework: "cdktn",
    constructs: "10.6.0",
    typescript: 5,
  },
  {
    title: "pnpm, cdktn and the newest constructs",
    manager: "pnpm",
    framework: "cdktn",
    constructs: ">=10.6.0 <10.8.0",
    typescript: 7,
  },
];

let registry: PackageRegistry;
/** Two at a time: each keeps a processor busy. */
const inTurn = pool(2);

beforeAll(async () => {
  registry = await startRegistry();
}, TIMEOUT);
afterAll(() => {
  registry.close();
});

/** What became of an app, of which every step was tried. */
interface Outcome {
  readonly project: Project;
  readonly compiled: Ended;
  readonly required: Ended;
  readonly imported: Ended;
  readonly refused: Ended;
}

describe("an app", () => {
  const outcomes = new Map<string, Promise<Outcome>>();

  beforeAll(() => {
    for (const each of CASES) {
      const outcome = inTurn(() => tryApp(each));
      // Whose test awaits it fails.
      outcome.catch(() => undefined);
      outcomes.set(each.title, outcome);
    }
  });

  const outcomeOf = async (title: string): Promise<Outcome> => {
    const outcome = await outcomes.get(title);
    if (outcome === undefined) throw new Error(`there is no project ${title}`);
    return outcome;
  };

  describe.each(CASES)("of $title, compiled by TypeScript $typescript", ({ title, framework }) => {
    const peers = framework === "cdktf" ? CDKTF : CDKTN;

    test(
      "compiles, with one copy of each peer",
      async () => {
        const { project, compiled } = await outcomeOf(title);
        expect(compiled).toMatchObject({ code: 0, text: "" });
        const copies = project.installed().filter(({ name }) => peers.includes(name));
        expect(copies.map(({ name }) => name).sort()).toEqual([...peers].sort());
        const ours = project.installed().filter(({ name }) => name.includes("jobstrata"));
        expect(ours.map(({ name }) => name).sort()).toEqual([
          `@jobstrata/${framework}`,
          "@jobstrata/core",
        ]);
      },
      TIMEOUT,
    );

    test("synthesizes the same, required and imported", async () => {
      const { project, required, imported } = await outcomeOf(title);
      expect([required, imported]).toMatchObject([succeeded, succeeded]);
      for (const stack of STACKS)
        expect(stackOf(project, "imported", stack)).toEqual(stackOf(project, "required", stack));
      expect(Object.keys(jobsOf(stackOf(project, "required", STACKS[0] ?? "")))).toEqual([
        "alerting_report_job",
        "alerting_seed_job",
        "alerting_validation_job",
      ]);
    });

    test("is refused with a violation, and nothing is left to plan", async () => {
      const { project, refused } = await outcomeOf(title);
      expect(refused.code).toBe(1);
      expect(refused.text).toContain("error notebook-in-one-job [dev]: notebook");
      expect(refused.text).not.toMatch(/^ +at .*node_modules/m);
      for (const stack of STACKS)
        expect(project.has(`refused/stacks/${stack}/cdk.tf.json`)).toBe(false);
    });

    test("gets little beside its peers: no script, no native code", async () => {
      const { project } = await outcomeOf(title);
      const others = project.installed().filter(({ name }) => !peers.includes(name));
      expect(scriptsAndNativeCode(project, others)).toEqual([]);
      expect(sizeOf(project, others)).toBeLessThan(5 * MEBIBYTE);
      expect(others.length).toBeLessThanOrEqual(15);
    });
  });

  test("synthesizes the same with cdktf and cdktn, except for versions", async () => {
    const [one, other] = await Promise.all(
      [CASES[1], CASES[3]].map((each) => outcomeOf(each?.title ?? "")),
    );
    for (const stack of STACKS)
      expect(withoutVersions(stackOf(other?.project, "required", stack))).toEqual(
        withoutVersions(stackOf(one?.project, "required", stack)),
      );
  });

  test("that init writes for cdktn compiles, keeps the policy and passes its own test", async () => {
    const { project } = await outcomeOf(CASES[3]?.title ?? "");
    const app = project.within("started");
    const said: string[] = [];
    const io = {
      out: (line: string) => said.push(line),
      err: (line: string) => said.push(line),
      exitCode: 0,
    };
    expect(await init(app.folder, { framework: "cdktn", yes: true }, io)).toBe(0);
    expect(
      await app.runNode([
        COMPILERS[7],
        ...["--noEmit", "false", "--outDir", "compiled"],
        // Not installed once more for each project.
        ...["--typeRoots", join(ROOT, "node_modules", "@types")],
      ]),
    ).toMatchObject(succeeded);
    expect(await app.runNode(["compiled/main.js"])).toMatchObject(succeeded);
    expect(
      await app.runNode([join(ROOT, "src", "cli", "bin", "jobstrata.js"), "check"]),
    ).toMatchObject({ code: 0, text: expect.stringMatching(/: no findings\n$/) as unknown });
    const config = {
      rootDir: "compiled",
      testEnvironment: "node",
      testMatch: ["**/*.test.js"],
      transform: {},
    };
    const tested = await app.runNode([
      join(ROOT, "node_modules", "jest", "bin", "jest.js"),
      ...["--ci", "--config", JSON.stringify(config)],
    ]);
    expect(tested).toMatchObject({
      code: 0,
      text: expect.stringContaining("Tests:       1 passed") as unknown,
    });
  });

  test("cannot import internal files of a package", async () => {
    const { project } = await outcomeOf(CASES[1]?.title ?? "");
    const paths = [
      "@jobstrata/core",
      "@jobstrata/core/lib/model/index.js",
      "@jobstrata/core/lib/errors",
      "@jobstrata/cdktf/lib/app",
      "@jobstrata/cdktf/lib/index.js",
    ];
    expect(await codesOf(project, paths)).toEqual(paths.map(() => "ERR_PACKAGE_PATH_NOT_EXPORTED"));
  });

  test("loads no library before it is needed, by require and by import", async () => {
    const { project } = await outcomeOf(CASES[1]?.title ?? "");
    project.write(
      "loaded.cjs",
      `require("@jobstrata/cdktf");
       const loaded = Object.keys(require.cache).flatMap((file) => file.split("node_modules/")[1] ?? []);
       console.log(JSON.stringify(loaded));`,
    );
    const { stdout } = await project.runNode(["loaded.cjs"]);
    const loaded = JSON.parse(stdout) as string[];
    expect(loaded.filter((file) => file.includes("lib/data-databricks-job"))).toEqual([]);
    const own = loaded.filter(
      (file) => !/^(cdktf|constructs|@cdktf\/provider-databricks)\//.test(file),
    );
    expect(own.filter((file) => !/^(@jobstrata|fastest-levenshtein)\//.test(file))).toEqual([]);
    expect(own.filter((file) => /config\/config|policy\/rules|render|junit/.test(file))).toEqual(
      [],
    );
    project.write(
      "names.mjs",
      `import { JobGraph } from "@jobstrata/core/model";
       import { RULES, evaluate } from "@jobstrata/core/policy";
       import { AtomicJob } from "@jobstrata/cdktf";
       console.log(typeof JobGraph, Array.isArray(RULES), typeof evaluate, typeof AtomicJob);`,
    );
    expect(await project.runNode(["names.mjs"])).toMatchObject({
      text: "function true function function\n",
    });
  });
});

describe.each(["npm", "pnpm"] as const)(
  "a repository with nothing but a bundle, by %s",
  (manager) => {
    let project: Project;

    beforeAll(async () => {
      project = await inTurn(() =>
        Project.create({
          registry,
          manager,
          dependencies: { jobstrata: "*" },
          files: join(BUNDLES, "alerting-bundle"),
        }),
      );
    }, TIMEOUT);

    test("installs little: no cdktf, no script, no native code", () => {
      const installed = project.installed();
      expect(installed.length).toBeLessThanOrEqual(50);
      expect(sizeOf(project, installed)).toBeLessThan(15 * MEBIBYTE);
      expect(scriptsAndNativeCode(project, installed)).toEqual([]);
      const names = installed.map(({ name }) => name);
      expect(
        names.filter((name) => /cdkt|constructs|provider|@jobstrata.local/.test(name)),
      ).toEqual([]);
    });

    test("is checked and drawn", async () => {
      expect(await project.jobstrata("check")).toMatchObject({ code: 0 });
      const graph = await project.jobstrata("graph", "--format", "json");
      expect(graph.code).toBe(0);
      expect(graph.stdout).toContain("alerting_setup_orchestrator_job");
      for (const format of ["svg", "html", "mermaid"])
        expect(await project.jobstrata("graph", "--format", format)).toMatchObject({ code: 0 });
      cpSync(join(BUNDLES, "wrong-bundle"), join(project.folder, "wrong"), { recursive: true });
      expect(await project.jobstrata("check", "wrong")).toMatchObject({ code: 1 });
    });

    test("has every command that asks for no local workspace", async () => {
      for (const command of ["rules", "docs", "run", "repair", "test", "runs"]) {
        const { code, text } = await project.jobstrata(command, "--help");
        expect([command, code, text.slice(0, 6)]).toEqual([command, 0, "Usage:"]);
      }
      expect(await project.jobstrata("rules")).toMatchObject({ code: 0 });
    });

    test("names the package that installs the local workspace", async () => {
      const { code, text } = await project.jobstrata("local", "status");
      expect(code).toBe(2);
      expect(text).toMatch(/^.*npm install --save-dev @jobstrata\/local\n$/);
    });

    test("cannot run the command by the name of a file", async () => {
      const paths = ["jobstrata", "jobstrata/lib/bin.js", "jobstrata/bin/jobstrata.js"];
      expect(await codesOf(project, paths)).toEqual(
        paths.map(() => "ERR_PACKAGE_PATH_NOT_EXPORTED"),
      );
    });
  },
);

test(
  "the local workspace works where its package is installed",
  async () => {
    const project = await inTurn(() =>
      Project.create({
        registry,
        manager: "npm",
        dependencies: { jobstrata: "*", "@jobstrata/local": "*" },
        files: join(BUNDLES, "alerting-bundle"),
      }),
    );
    expect(await project.jobstrata("local", "status")).toMatchObject({ code: 1 });
    const start = await project.jobstrata("local", "start", "--executor", "simulated");
    expect(start).toMatchObject({ code: 0 });
    try {
      expect(await project.jobstrata("local", "status")).toMatchObject({ code: 0 });
    } finally {
      expect(await project.jobstrata("local", "stop")).toMatchObject({ code: 0 });
    }
    const scripts = project.installed().filter(({ hasInstallScript }) => hasInstallScript);
    expect(scripts.map(({ name }) => name)).toEqual([]);
  },
  TIMEOUT,
);

/** Installs the app and tries every step that a user would. */
async function tryApp({ manager, framework, constructs, typescript }: Case): Promise<Outcome> {
  const project = await Project.create({
    registry,
    manager,
    dependencies:
      framework === "cdktf"
        ? {
            "@jobstrata/cdktf": "*",
            cdktf: "^0.21.0",
            "@cdktf/provider-databricks": "^15.0.0",
            constructs,
          }
        : {
            "@jobstrata/cdktn": "*",
            cdktn: "^0.24.0",
            "@cdktn/provider-databricks": "^18.0.0",
            constructs,
          },
    files: APP,
    rename: (text) => (framework === "cdktf" ? text : text.replaceAll("cdktf", "cdktn")),
    node: framework === "cdktf" ? process.execPath : (await packageTools()).node22,
  });
  // The same program twice: a .ts file becomes CommonJS here, a .mts file a module.
  project.write("main.mts", project.read("main.ts"));
  const compiled = await project.compile(["main.ts", "main.mts"], typescript);
  const [required, imported, refused] = [
    await project.runNode(["main.js"], { CDKTF_OUTDIR: "required" }),
    await project.runNode(["main.mjs"], { CDKTF_OUTDIR: "imported" }),
    await project.runNode(["main.js"], { CDKTF_OUTDIR: "refused", BROKEN: "1" }),
  ];
  return { project, compiled, required, imported, refused };
}

const succeeded = { code: 0, text: "" };

type Json = Record<string, unknown>;

function stackOf(project: Project | undefined, outdir: string, stack: string): Json {
  return JSON.parse(project?.read(join(outdir, "stacks", stack, "cdk.tf.json")) ?? "") as Json;
}

const jobsOf = ({ resource }: Json): object =>
  (resource as { databricks_job: object }).databricks_job;

/** A configuration without the versions of the framework and of the provider: two strings, everything else stays. */
function withoutVersions(config: Json): Json {
  const { "//": comment, terraform } = config as {
    "//": { metadata: { version: unknown } };
    terraform: { required_providers: { databricks: { version: unknown } } };
  };
  expect(comment.metadata.version).toMatch(/^0\.2\d\.\d+$/);
  expect(terraform.required_providers.databricks.version).toMatch(/^1\.\d+\.\d+$/);
  comment.metadata.version = terraform.required_providers.databricks.version = "any";
  return config;
}

const sizeOf = (project: Project, packages: readonly Installed[]): number =>
  packages.reduce((sum, each) => sum + project.sizeOf(each), 0);

function scriptsAndNativeCode(project: Project, packages: readonly Installed[]): string[] {
  return packages.flatMap((each) => [
    ...(each.hasInstallScript ? [`${each.name} has an install script`] : []),
    ...project.nativeCode(each),
  ]);
}

/** The code of the error that requiring each path ends with. */
async function codesOf(project: Project, paths: readonly string[]): Promise<unknown> {
  project.write(
    "deep.cjs",
    `console.log(JSON.stringify(${JSON.stringify(paths)}.map((path) => {
       try { require(path); return "loaded"; } catch ({ code }) { return code; }
     })));`,
  );
  return JSON.parse((await project.runNode(["deep.cjs"])).stdout);
}
