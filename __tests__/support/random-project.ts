import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** How a file leads to another one. */
type Form =
  "import" | "from" | "relative" | "dynamic" | "run" | "notebook-run" | "open" | "folder" | "magic";

interface Reference {
  readonly form: Form;
  readonly to: string;
}

/** A file of a project: `content` stands for all of its text but for what it names. */
interface FileNode {
  readonly path: string;
  readonly content: number;
  readonly references: readonly Reference[];
}

interface Job {
  readonly kind: "notebook" | "python" | "sql" | "dbt" | "wheel" | "composite";
  /** The file that the task runs. */
  readonly file?: string;
  readonly runs?: readonly string[];
  readonly variables: readonly string[];
  readonly timeout: number;
  readonly yaml: string;
  readonly requirements?: true;
}

/** A bundle of jobs, and what they depend on. Immutable. */
export interface Project {
  readonly files: ReadonlyMap<string, FileNode>;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly variables: ReadonlyMap<string, number>;
  /** Of the target prod. */
  readonly overrides: ReadonlyMap<string, number>;
  /** Modules beside a notebook that hide others: `folder module`. */
  readonly shadows: ReadonlySet<string>;
  /** Files that nothing depends on. */
  readonly others: ReadonlyMap<string, string>;
  /** The line ends of the code are those of Windows. */
  readonly crlf: boolean;
}

/** Numbers that seem to be random, the same for the same seed. */
export class Dice {
  #state: number;

  public constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  public below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  public isLucky(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  public of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("there is nothing to choose from");
    return item;
  }

  public some<T>(items: readonly T[], most: number): T[] {
    const count = this.below(most + 1);
    return items.length === 0
      ? []
      : [...new Set(Array.from({ length: count }, () => this.of(items)))];
  }
}

const FOLDERS = ["src", "src/bronze", "src/silver/orders"];
const MODULE_FORMS: readonly Form[] = ["import", "from", "dynamic"];

/** A project of about a dozen jobs. */
export function randomProject(dice: Dice): Project {
  const files = new Map<string, FileNode>();
  const add = (path: string, references: readonly Reference[] = []): string => {
    files.set(path, { path, content: dice.below(1000), references });
    return path;
  };
  const data = [
    ...["a", "b", "c"].map((name) => add(`src/sql/${name}.sql`)),
    ...["x", "y"].map((name) => add(`conf/${name}.json`)),
  ];
  for (const name of ["one", "two"]) add(`templates/${name}.txt`);
  const modules: string[] = [];
  for (let at = 0; at < 8; at++) {
    const folder = dice.of(["src/lib", "src/lib/deep", "shared", "pkg"]);
    const path = `${folder}/m${at}.py`;
    const below = dice.some(modules, 2).map((to): Reference => {
      const isNear = dirname(to) === folder && folder.startsWith("src/lib");
      return { form: isNear && dice.isLucky(2) ? "relative" : dice.of(MODULE_FORMS), to };
    });
    const read = dice.isLucky(4) ? [{ form: "open" as const, to: dice.of(data) }] : [];
    modules.push(add(path, [...below, ...read]));
  }
  add("src/lib/__init__.py");
  const included: string[] = [];
  for (let at = 0; at < 3; at++)
    included.push(
      add(`${dice.of(FOLDERS)}/inc${at}.py`, [
        ...dice.some(modules, 2).map((to) => ({ form: dice.of(MODULE_FORMS), to })),
        ...dice.some(included, 1).map((to) => ({ form: "run" as const, to })),
      ]),
    );
  add("requirements.txt");
  for (const name of ["orders", "customers"]) add(`warehouse/models/${name}.sql`);
  add("warehouse/dbt_project.yml");
  for (const name of ["__init__", "main"]) add(`wheels/etl/src/etl/${name}.py`);
  add("wheels/etl/pyproject.toml");
  const variables = new Map(Array.from({ length: 5 }, (_, at) => [`v${at}`, dice.below(100)]));
  const jobs = new Map<string, Job>();
  for (let at = 0; at < 10; at++) {
    const kind = dice.of([
      "notebook",
      "notebook",
      "notebook",
      "python",
      "sql",
      "dbt",
      "wheel",
    ] as const);
    const references = [
      ...dice.some(modules, 2).map((to) => ({ form: dice.of(MODULE_FORMS), to })),
      ...dice.some(data, 1).map((to) => ({ form: "open" as const, to })),
      ...(kind === "notebook"
        ? [
            ...dice
              .some(included, 1)
              .map((to) => ({ form: dice.of(["run", "notebook-run"] as const), to })),
            ...(dice.isLucky(5) ? [{ form: "folder" as const, to: "templates" }] : []),
            ...(dice.isLucky(6) ? [{ form: "magic" as const, to: "requirements.txt" }] : []),
          ]
        : []),
    ];
    const name = `${dice.of(FOLDERS)}/job${at}`;
    const file =
      kind === "notebook"
        ? add(`${name}.${dice.isLucky(4) ? "ipynb" : "py"}`, references)
        : kind === "python"
          ? add(`${name}.py`, references)
          : kind === "sql"
            ? add(`${name}.sql`)
            : undefined;
    jobs.set(`job${at}`, {
      kind,
      ...(file !== undefined && { file }),
      variables: dice.some([...variables.keys()], 2),
      timeout: 60 * dice.below(10),
      yaml: `resources/${dice.of(["one", "two"])}.yml`,
      ...((kind === "python" || kind === "wheel") && dice.isLucky(3) && { requirements: true }),
    });
  }
  const atomic = [...jobs.keys()];
  for (let at = 0; at < 2; at++)
    jobs.set(`group${at}`, {
      kind: "composite",
      runs: [...new Set([dice.of(atomic), ...dice.some(atomic, 3)])],
      variables: [],
      timeout: 60,
      yaml: "resources/one.yml",
    });
  return {
    files,
    jobs,
    variables,
    overrides: new Map([["v0", dice.below(100)]]),
    shadows: new Set(),
    others: new Map([["README.md", "A project.\n"]]),
    crlf: false,
  };
}

/** A change that somebody makes, and the project after it. */
export function mutated(
  project: Project,
  dice: Dice,
): { readonly what: string; readonly project: Project } {
  const mutation = dice.of(MUTATIONS);
  return mutation(project, dice) ?? mutated(project, dice);
}

type Mutation = (
  project: Project,
  dice: Dice,
) => { readonly what: string; readonly project: Project } | undefined;

const withFile = (project: Project, file: FileNode): Project => ({
  ...project,
  files: new Map([...project.files, [file.path, file]]),
});
const withJob = (project: Project, key: string, job: Job): Project => ({
  ...project,
  jobs: new Map([...project.jobs, [key, job]]),
});
const isModule = (path: string): boolean => /\/m\d+\w*\.py$/.test(path);

const changeContent: Mutation = (project, dice) => {
  const file = dice.of([...project.files.values()]);
  const changed = { ...file, content: file.content + 1 };
  return { what: `change ${file.path}`, project: withFile(project, changed) };
};

const MUTATIONS: readonly Mutation[] = [
  changeContent,
  changeContent,
  changeContent,
  changeContent,
  (project, dice) => {
    const path = dice.of([...project.files.keys()].filter((each) => /\/(?:m|inc)\d/.test(each)));
    const files = new Map(project.files);
    files.delete(path);
    return { what: `remove ${path}`, project: { ...project, files } };
  },
  // The module is elsewhere; files that import it name the new place.
  (project, dice) => {
    const from = dice.of([...project.files.keys()].filter(isModule));
    const to = from.replace(/\.py$/, "_new.py");
    const files = new Map<string, FileNode>();
    for (const file of project.files.values()) {
      const path = file.path === from ? to : file.path;
      const references = file.references.map((each) => (each.to === from ? { ...each, to } : each));
      files.set(path, { ...file, path, references });
    }
    return { what: `rename ${from}`, project: { ...project, files } };
  },
  // Another module of that name comes first.
  (project, dice) => {
    const path = dice.of([...project.files.keys()].filter(isModule));
    const folder = dice.of(FOLDERS);
    const shadow = `${folder} ${path}`;
    if (folder === "src" && path.startsWith("src/")) return undefined;
    const shadows = new Set([...project.shadows, shadow]);
    return { what: `shadow ${shadow}`, project: { ...project, shadows } };
  },
  (project, dice) => {
    const name = dice.of([...project.variables.keys()]);
    const variables = new Map([
      ...project.variables,
      [name, (project.variables.get(name) ?? 0) + 1],
    ]);
    return { what: `variable ${name}`, project: { ...project, variables } };
  },
  (project, dice) => {
    const name = dice.of([...project.variables.keys()]);
    const overrides = new Map([...project.overrides, [name, dice.below(1000) + 1000]]);
    return { what: `override ${name}`, project: { ...project, overrides } };
  },
  (project, dice) => {
    const [key, job] = dice.of([...project.jobs]);
    return {
      what: `timeout of ${key}`,
      project: withJob(project, key, { ...job, timeout: job.timeout + 60 }),
    };
  },
  (project, dice) => {
    const [key, job] = dice.of([...project.jobs]);
    const yaml = job.yaml.includes("one") ? "resources/two.yml" : "resources/one.yml";
    return { what: `move ${key}`, project: withJob(project, key, { ...job, yaml }) };
  },
  (project, dice) => {
    const [, job] = dice.of([...project.jobs]);
    return { what: "add a job", project: withJob(project, "added", job) };
  },
  (project, dice) => {
    const key = dice.of([...project.jobs.keys()].filter((each) => each.startsWith("job")));
    const jobs = new Map(project.jobs);
    jobs.delete(key);
    for (const [parent, job] of jobs)
      if (job.runs?.includes(key) === true) {
        const runs = job.runs.filter((each) => each !== key);
        if (runs.length === 0) jobs.delete(parent);
        else jobs.set(parent, { ...job, runs });
      }
    return { what: `remove ${key}`, project: { ...project, jobs } };
  },
  (project, dice) => {
    const key = dice.of([...project.jobs.keys()].filter((each) => each.startsWith("job")));
    const renamed = (each: string): string => (each === key ? "renamed" : each);
    const jobs = new Map(
      Array.from(project.jobs, ([each, job]) => [
        renamed(each),
        { ...job, ...(job.runs && { runs: job.runs.map(renamed) }) },
      ]),
    );
    return { what: `rename ${key}`, project: { ...project, jobs } };
  },
  (project, dice) => {
    const path = `templates/new${dice.below(9)}.txt`;
    return {
      what: `add ${path}`,
      project: withFile(project, { path, content: 1, references: [] }),
    };
  },
  (project) => ({
    what: "change files that nothing depends on",
    project: {
      ...project,
      others: new Map([
        ["README.md", "x\n"],
        ["src/lib/notes.md", "y\n"],
        ["src/unused.py", "z = 1\n"],
      ]),
    },
  }),
  (project) => ({ what: "line ends of Windows", project: { ...project, crlf: true } }),
];

/** What makes each job of a target what it is: equal text for jobs that nothing has changed. */
export function meaningOf(project: Project, target: "dev" | "prod"): Map<string, string> {
  const fileMeaning = (path: string, entry: string, within: readonly string[]): unknown => {
    const file = project.files.get(path);
    if (file === undefined) return [path, "missing"];
    if (within.includes(path)) return [path];
    const references = file.references.map(({ form, to }) => {
      if (form === "folder") return inFolder(`${to}/`);
      const isAbsolute = MODULE_FORMS.includes(form);
      const shadow = isAbsolute && project.shadows.has(`${dirname(entry)} ${to}`);
      if (shadow) return [to, "shadowed"];
      // Packages are executed before their modules.
      const packages = isModule(to) && to.startsWith("src/lib/") ? ["src/lib/__init__.py"] : [];
      return [to, ...packages, to].map((each) => fileMeaning(each, entry, [...within, path]));
    });
    return [path, file.content, references];
  };
  const inFolder = (folder: string): unknown =>
    [...project.files.values()]
      .filter(({ path }) => path.startsWith(folder))
      .map(({ path, content }) => [path, content])
      .sort();
  const value = (name: string): number | undefined =>
    (target === "prod" ? project.overrides.get(name) : undefined) ?? project.variables.get(name);
  return new Map(
    Array.from(project.jobs, ([key, job]) => {
      const { file, kind, timeout, runs, variables, requirements } = job;
      const meaning = [
        kind,
        timeout,
        runs,
        variables.map((name) => [name, value(name)]),
        file && fileMeaning(file, file, []),
        kind === "dbt" && inFolder("warehouse/"),
        kind === "wheel" && inFolder("wheels/etl/"),
        requirements && project.files.get("requirements.txt")?.content,
      ];
      return [key, JSON.stringify(meaning)];
    }),
  );
}

/** Writes the project, in place of what the folder holds but for git's own files. */
export function writeProject(project: Project, folder: string): void {
  for (const name of [
    "src",
    "shared",
    "pkg",
    "conf",
    "templates",
    "warehouse",
    "wheels",
    "resources",
  ])
    rmSync(join(folder, name), { recursive: true, force: true });
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const file of project.files.values()) {
    const text = textOf(file);
    write(file.path, project.crlf ? text.replaceAll("\n", "\r\n") : text);
  }
  for (const shadow of project.shadows) {
    const [at = "", path = ""] = shadow.split(" ");
    write(`${at}/${moduleOf(path).replaceAll(".", "/")}.py`, "hidden = 1\n");
  }
  for (const [path, text] of project.others) write(path, text);
  const variables = Array.from(
    project.variables,
    ([name, value]) => `  ${name}: {default: "${value}"}`,
  );
  const overrides = Array.from(project.overrides, ([name, value]) => `      ${name}: "${value}"`);
  write(
    "databricks.yml",
    `bundle: {name: random}\ninclude: [resources/*.yml]\nvariables:\n${variables.join("\n")}\ntargets:\n  dev: {default: true}\n  prod:\n    variables:\n${overrides.join("\n")}\n`,
  );
  for (const yaml of ["resources/one.yml", "resources/two.yml"]) {
    const jobs = [...project.jobs].filter(([, job]) => job.yaml === yaml);
    const text = jobs.map(([key, job]) => jobYaml(key, job)).join("");
    write(yaml, jobs.length === 0 ? "{}\n" : `resources:\n  jobs:\n${text}`);
  }
}

function jobYaml(key: string, job: Job): string {
  const { kind, file = "", runs = [], variables, timeout, requirements } = job;
  const parameters = JSON.stringify(
    Object.fromEntries(variables.map((name) => [name, `\${var.${name}}`])),
  );
  const list = JSON.stringify(variables.map((name) => `\${var.${name}}`));
  const task = {
    notebook: `notebook_task: {notebook_path: ../${file}, base_parameters: ${parameters}}`,
    python: `spark_python_task: {python_file: ../${file}, parameters: ${list}}`,
    sql: `sql_task: {warehouse_id: w, file: {path: ../${file}}, parameters: ${parameters}}`,
    dbt: `dbt_task: {project_directory: ../warehouse, commands: [dbt run], schema: "s ${variables.map((name) => `\${var.${name}}`).join(" ")}"}`,
    wheel: `python_wheel_task: {package_name: etl, entry_point: main, parameters: ${list}}\n          libraries: [{whl: ../wheels/etl/dist/*.whl}${requirements === true ? ", {requirements: ../requirements.txt}" : ""}]`,
    composite: "",
  }[kind];
  const library =
    requirements === true && kind === "python"
      ? "\n          libraries: [{requirements: ../requirements.txt}]"
      : "";
  const tasks =
    kind === "composite"
      ? runs.map(
          (run) =>
            `        - task_key: ${run}\n          run_job_task: {job_id: "\${resources.jobs.${run}.id}"}\n`,
        )
      : [`        - task_key: main\n          ${task}${library}\n`];
  return `    ${key}:\n      timeout_seconds: ${timeout}\n      tasks:\n${tasks.join("")}`;
}

/** How a module is imported: by its path from `src` or the root; of `shared`, by its name alone. */
function moduleOf(path: string): string {
  const way = path.replace(/^src\//, "").replace(/\.py$/, "");
  return way.replace(/^shared\//, "").replaceAll("/", ".");
}

function textOf({ path, content, references }: FileNode): string {
  if (/\.(?:yml|toml|json|txt)$/.test(path))
    return path.endsWith("toml") ? `# ${content}\n` : `{"content": ${content}}\n`;
  if (path.endsWith(".sql")) return `select ${content}\n`;
  const isNotebook = /\/(?:inc|job)\d+\.py$/.test(path) && !references.some(() => false);
  const lines = references.map((reference) => lineOf(reference, path));
  if (path.endsWith(".ipynb")) {
    const cells = [`x = ${content}\n`, ...lines].map((source) => ({
      cell_type: "code",
      source: source.split(/(?<=\n)/).map((line) => line.replace(/^# MAGIC /, "")),
      metadata: {},
      outputs: [],
    }));
    return `${JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }, undefined, 1)}\n`;
  }
  const head = isNotebook ? "# Databricks notebook source\n" : "";
  return `${head}# don't stop here\nx = ${content}\n${lines.join("")}`;
}

function lineOf({ form, to }: Reference, from: string): string {
  const name = moduleOf(to);
  const [last = "", ...packages] = name.split(".").reverse();
  const above = packages.reverse().join(".");
  const up = dirname(from)
    .split("/")
    .map(() => "..")
    .join("/");
  switch (form) {
    case "import":
      return `import ${name} as imported\n`;
    case "from":
      return above === ""
        ? `def load():\n    from ${last} import (\n        one,\n        two as three,\n    )\n`
        : `from ${above} import ${last}\n`;
    case "relative":
      return `from . import ${last}\n`;
    case "dynamic":
      return `import importlib\nimportlib.import_module("${name}")\n`;
    case "run":
      return `# MAGIC %run ${up}/${to.replace(/\.\w+$/, "")}\n`;
    case "notebook-run":
      return `dbutils.notebook.run("${up}/${to.replace(/\.\w+$/, "")}", 60)\n`;
    case "open":
      return `text = open('${up}/${to}').read()\n`;
    case "folder":
      return `text = open(f"${up}/${to}/{name}.txt").read()\n`;
    case "magic":
      return `# MAGIC %pip install -r ${up}/${to}\n`;
  }
}
