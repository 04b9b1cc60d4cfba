import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { type Command, Option } from "commander";
import { JobstrataError } from "@jobstrata/core/errors";
import { printable, quote } from "@jobstrata/core/model";
import type { Io } from "../io";
import { packageVersion } from "../package-folder";
import { Changes } from "../project/changes";
import { type Framework, FRAMEWORKS } from "@jobstrata/core/framework";
import { DEPENDENCIES } from "../project/framework";
import { withMembers } from "../project/manifest-text";
import { checkEnvironmentName, jobNames, type LayerNames, layerNames } from "../project/names";
import { packageName, sortedByName } from "../project/package-json";
import * as templates from "../project/templates";
import { dependenciesOf, readUserProject, textOf, type UserProject } from "../project/user-project";
import { appLines, isAppWired, wireApp } from "../project/wiring";
import { reportChanges, reportLines } from "../project/report";

/** Options of `jobstrata init`. */
interface InitOptions {
  readonly framework?: Framework;
  readonly layer?: string;
  readonly environments?: readonly string[];
  /** Skips all prompts. */
  readonly yes?: boolean;
}

/** Choices needed before files are planned. */
interface Choices {
  readonly framework: Framework;
  readonly layer: LayerNames;
  readonly environments: readonly string[];
}

/** Adds `jobstrata init`. */
export function addInitCommand(program: Command, io: Io): void {
  program
    .command("init")
    .description("create a minimal app in a new folder, or add jobs to an existing app")
    .argument("[folder]", "root of the project", ".")
    .addOption(
      new Option(
        "--framework <name>",
        "framework of the app (default: the one in package.json, else cdktf)",
      ).choices(FRAMEWORKS),
    )
    .option("--layer <name>", "name of the first layer (default: bronze)")
    .option(
      "--environments <names>",
      "names, separated by commas; prod… runs schedules, as a service principal (default: dev)",
      parseNames,
    )
    .option("-y, --yes", "ask nothing")
    .action(async (folder: string, options: InitOptions) => {
      io.exitCode = await init(folder, options, io);
    });
}

const parseNames = (text: string): string[] => text.split(",").map((name) => name.trim());

/**
 * Writes the missing files for a first layer of jobs.
 *
 * @returns 0 if the project is complete; 1 if its one line cannot be inserted into the app, in which case nothing is written
 * @throws {JobstrataError} `config` if an option or a project file is invalid
 */
export async function init(path: string, options: InitOptions, io: Io): Promise<number> {
  const folder = resolve(path);
  const project = readUserProject(folder);
  const choices = await choose(project, options, io);
  const changes = new Changes(folder);
  if (!planApp(project, choices, changes, io)) return 1;
  planJobs(project, choices, changes);
  planManifest(project, choices, changes);
  planSettings(project, choices, changes);
  changes.apply();
  reportChanges(changes, io);
  reportNext(project, choices, path, io);
  return 0;
}

/** Takes each choice from the options, else from a prompt in a terminal, else from the defaults. */
async function choose(project: UserProject, options: InitOptions, io: Io): Promise<Choices> {
  const found = project.framework;
  if (found !== undefined && options.framework !== undefined && found !== options.framework) {
    throw new JobstrataError(
      "config",
      `--framework ${options.framework} does not fit: package.json depends on ${found}; leave the option out`,
    );
  }
  const ask = questions(options);
  try {
    const framework =
      found ??
      options.framework ??
      (await ask("Framework: cdktf, or its maintained fork cdktn", "cdktf"));
    if (!FRAMEWORKS.includes(framework as Framework)) {
      throw new JobstrataError(
        "config",
        `unknown framework ${quote(framework)}; choose ${FRAMEWORKS.join(" or ")}`,
      );
    }
    const layer = layerNames(options.layer ?? (await ask("Name of the first layer", "bronze")));
    const environments =
      options.environments ?? parseNames(await ask("Environments, separated by commas", "dev"));
    environments.forEach(checkEnvironmentName);
    const twice = environments.find((name, index) => environments.indexOf(name) < index);
    if (twice !== undefined)
      throw new JobstrataError("config", `environment ${quote(twice)} is given twice`);
    checkVersion(project, framework as Framework, io);
    return { framework: framework as Framework, layer, environments };
  } finally {
    ask.close();
  }
}

type Ask = ((question: string, byDefault: string) => Promise<string>) & { close: () => void };

/** Prompts in a terminal; elsewhere every answer is the default. */
function questions({ yes = false }: InitOptions): Ask {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (yes || !isTerminal || (process.env.CI ?? "") !== "") {
    const byDefault = (_: string, answer: string): Promise<string> => Promise.resolve(answer);
    return Object.assign(byDefault, { close: () => undefined });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-C and Ctrl-D end the prompts, and the command, before anything is written.
  const ended = new AbortController();
  terminal.on("close", () => {
    ended.abort();
  });
  const ask = async (question: string, byDefault: string): Promise<string> => {
    try {
      const answer = await terminal.question(`${question} (${byDefault}): `, {
        signal: ended.signal,
      });
      return answer.trim() === "" ? byDefault : answer.trim();
    } catch {
      throw new JobstrataError("config", "\nno answer; nothing is written");
    }
  };
  return Object.assign(ask, {
    close: () => {
      terminal.close();
    },
  });
}

/** A framework that is too old installs without errors and fails later, in the package manager or in TypeScript. */
function checkVersion({ manifest }: UserProject, framework: Framework, io: Io): void {
  const wanted = DEPENDENCIES[framework].app[framework] ?? "";
  const present = dependenciesOf(manifest)[framework];
  const version = /^[\^~=v]?(\d+\.\d+)\.\S+$/.exec(present ?? "")?.[1];
  if (version === undefined || wanted.startsWith(`^${version}.`)) return;
  io.err(
    `package.json asks for ${framework} ${printable(present ?? "")}; @jobstrata/${framework} needs ${wanted}`,
  );
}

/** Creates the app's file or adds the line to it. @returns false if the line cannot be inserted */
function planApp(
  { folder, entry, specifier }: UserProject,
  { framework }: Choices,
  changes: Changes,
  io: Io,
): boolean {
  const text = textOf(folder, entry);
  if (text === undefined) {
    changes.create(entry, templates.mainFile(framework, appLines(entry, specifier).import));
    return true;
  }
  if (isAppWired(text, entry)) {
    changes.keep(entry);
    return true;
  }
  const wired = wireApp(text, entry, specifier);
  if (wired === undefined) {
    reportLines(entry, appLines(entry, specifier), "before the app is synthesized", io);
    io.err("Then run init again.");
    return false;
  }
  changes.edit(entry, wired, "calls addJobs");
  return true;
}

/** The layer, its first notebook, the atomic job that runs it, and a composite job. */
function planJobs(
  { folder, specifier }: UserProject,
  { framework, layer, environments }: Choices,
  changes: Changes,
): void {
  const { JOBS } = templates;
  const index = `${JOBS}/index.ts`;
  const layerFolder = `${JOBS}/${layer.name}`;
  // Existing jobs belong to the user; `add layer` adds more layers.
  if (existsSync(resolve(folder, index))) {
    changes.keep(index);
    return;
  }
  const atomic = jobNames("hello");
  const composite = jobNames(`${layer.name}_refresh`);
  const task = { member: atomic.member, taskKey: atomic.base };
  changes.create(index, templates.jobsFile(layer, specifier));
  changes.create(`${JOBS}/environments.ts`, templates.environmentsFile(framework, environments));
  changes.create(
    `${layerFolder}/layer.ts`,
    templates.layerFile(framework, layer, { atomic, composite }, specifier),
  );
  changes.create(
    `${layerFolder}/${atomic.key}.ts`,
    templates.atomicJobFile(framework, layer, atomic, { catalog: true }),
  );
  changes.create(
    `${layerFolder}/${atomic.base}.py`,
    templates.notebookFile(layer, atomic, { catalog: true }),
  );
  changes.create(
    `${layerFolder}/${composite.key}.ts`,
    templates.compositeJobFile(framework, layer, composite, [task], specifier),
  );
}

/** A new `package.json`, or the missing members of the existing one. */
function planManifest(project: UserProject, { framework }: Choices, changes: Changes): void {
  const { app, command, tools, node } = DEPENDENCIES[framework];
  const own = `^${packageVersion()}`;
  const dependencies = { ...app, [`@jobstrata/${framework}`]: own };
  const devDependencies = { ...command, "@jobstrata/local": own, jobstrata: own };
  if (project.manifestText === undefined) {
    const manifest = {
      name: packageName(project.folder),
      version: "0.0.0",
      private: true,
      engines: { node },
      scripts: {
        synth: `${framework} synth`,
        check: "jobstrata check",
        test: "jest",
        typecheck: "tsc",
      },
      dependencies: sortedByName(dependencies),
      devDependencies: sortedByName({ ...devDependencies, ...tools }),
    };
    changes.create("package.json", `${JSON.stringify(manifest, undefined, 2)}\n`);
    return;
  }
  const present = dependenciesOf(project.manifest);
  const missing = (wanted: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(wanted).filter(([name]) => !(name in present)));
  // An existing app already has a way to run and test TypeScript.
  const added = missing(dependencies);
  const addedTools = missing(project.isApp ? devDependencies : { ...devDependencies, ...tools });
  const names = [...Object.keys(added), ...Object.keys(addedTools)];
  if (names.length === 0) {
    changes.keep("package.json");
    return;
  }
  const text = withMembers(
    withMembers(project.manifestText, "dependencies", added),
    "devDependencies",
    addedTools,
  );
  changes.edit("package.json", text, `adds ${names.join(", ")}`);
}

/** The files that an app needs besides its code; an existing app has them. */
function planSettings(
  project: UserProject,
  { framework, layer, environments }: Choices,
  changes: Changes,
): void {
  planGitignore(project, changes);
  if (project.isApp) return;
  const name = project.manifest.name ?? packageName(project.folder);
  changes.create("cdktf.json", templates.cdktfJson(name));
  changes.create("tsconfig.json", templates.TSCONFIG);
  changes.create("jest.config.js", templates.JEST_CONFIG);
  changes.create("__tests__/jobs.test.ts", templates.testFile(framework, project.specifier));
  changes.create(
    "README.md",
    templates.readmeFile(
      name,
      framework,
      layer,
      environments[0] ?? "",
      jobNames(`${layer.name}_refresh`),
    ),
  );
}

/** State and synthesized files do not belong in a repository. */
function planGitignore({ folder }: UserProject, changes: Changes): void {
  const text = textOf(folder, ".gitignore");
  if (text === undefined) {
    changes.create(".gitignore", `${templates.GITIGNORE_LINES.join("\n")}\n`);
    return;
  }
  const plain = (line: string): string => line.trim().replace(/^\/|\/$/g, "");
  const present = new Set(text.split("\n").map(plain));
  const missing = templates.GITIGNORE_LINES.filter((line) => !present.has(plain(line)));
  if (missing.length === 0) {
    changes.keep(".gitignore");
    return;
  }
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const begin = text === "" || text.endsWith("\n") ? text : `${text}${eol}`;
  const added = missing.map((line) => `${line}${eol}`).join("");
  changes.edit(".gitignore", begin + added, `adds ${missing.join(", ")}`);
}

const INSTALL: readonly (readonly [lockfile: string, command: string])[] = [
  ["pnpm-lock.yaml", "pnpm install"],
  ["yarn.lock", "yarn install"],
  ["bun.lock", "bun install"],
  ["bun.lockb", "bun install"],
];

function reportNext(
  { folder }: UserProject,
  { framework, layer, environments }: Choices,
  path: string,
  io: Io,
): void {
  const install = INSTALL.find(([lockfile]) => existsSync(resolve(folder, lockfile)));
  const stacks = `${layer.name}-${environments[0] ?? ""}-*`;
  io.out("");
  io.out("Next:");
  if (resolve(path) !== process.cwd()) io.out(`  cd ${printable(path)}`);
  io.out(`  ${install?.[1] ?? "npm install"}`);
  io.out(`  npx ${framework} synth`);
  io.out("  npx jobstrata check");
  // Promise only what the existing files provide.
  if (readFileSync(resolve(folder, templates.JOBS, "index.ts"), "utf8").includes(layer.className))
    io.out(`  npx jobstrata local try '${stacks}' --run ${layer.name}_refresh_job`);
}
