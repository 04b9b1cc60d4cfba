import type { CheckedFinding } from "../model/check-report";
import { dataFlow } from "../model/data-flow";
import type { JobGraph } from "../model/job-graph";
import { principalName } from "../model/job-spec";
import { formatLocation } from "../model/source-location";
import { counted } from "../report/check/parts";
import { SEVERITY_ICONS } from "../report/markdown-text";
import {
  type Hierarchy,
  type HierarchyJob,
  hierarchyOf,
  type HierarchyTask,
  UnknownJobs,
} from "./hierarchy";
import { hierarchyMermaid } from "./mermaid";
import { whatRuns } from "./task-words";
import { INDEX_PAGE, pageNames } from "./page-name";
import { hierarchyTree } from "./tree";
import { compare } from "../model/collections";
import {
  whenLines,
  description,
  parameters,
  findings,
  titleOf,
  owners,
  ownerCell,
  told,
  trigger,
  summaryOf,
  entries,
  lines,
  shown,
  nameShown,
  fence,
  table,
} from "./job-page-parts";

/** First line of every page. It marks pages that a later run may replace or remove. */
export const PAGE_MARK =
  "<!-- Written by jobstrata docs, which replaces and removes this file. -->";

/** Maximum distance of related jobs. Databricks allows three levels. */
const NEIGHBOURHOOD = 3;
/** Options of {@link jobPages}. */
export interface PagesOptions {
  readonly findings?: readonly CheckedFinding[];
  /** Environments that have a job with this key. @default - the environment of the jobs */
  readonly environmentsOf?: (key: string) => readonly string[];
}

/**
 * Markdown pages by file name: one for each job of an environment, and an index. They contain no time or path, so the
 * same jobs produce the same pages.
 */
export function jobPages(graph: JobGraph, options: PagesOptions = {}): Map<string, string> {
  const pages = new Pages(graph, options);
  return new Map([
    [INDEX_PAGE, pages.index()],
    ...pages.jobs.map((job): [string, string] => [pages.nameOf(job.id), pages.page(job)]),
  ]);
}

interface Caller {
  readonly job: HierarchyJob;
  readonly task: HierarchyTask;
}

class Pages {
  readonly #whole: Hierarchy;
  readonly #names: ReadonlyMap<string, string>;
  readonly #byId: ReadonlyMap<string, HierarchyJob>;
  /** Callers by job id. */
  readonly #callers = new Map<string, Caller[]>();

  readonly #graph: JobGraph;
  readonly #options: PagesOptions;

  public constructor(graph: JobGraph, options: PagesOptions) {
    this.#graph = graph;
    this.#options = options;

    this.#whole = this.#hierarchy({});
    this.#names = pageNames(graph.jobs);
    this.#byId = new Map(this.#whole.jobs.map((job) => [job.id, job]));
    for (const job of this.jobs) {
      for (const task of job.tasks) {
        if (task.runs === undefined) continue;
        const before = this.#callers.get(task.runs);
        if (before === undefined) this.#callers.set(task.runs, [{ job, task }]);
        else before.push({ job, task });
      }
    }
  }

  /** The jobs with a page: all but external ones, which are only mentioned. */
  public get jobs(): readonly HierarchyJob[] {
    return this.#whole.jobs.filter(({ isExternal }) => isExternal !== true);
  }

  public nameOf(id: string): string {
    return this.#names.get(id) ?? "";
  }

  public page(job: HierarchyJob): string {
    const { spec } = job;
    return markdown([
      `# ${nameShown(titleOf(spec))}`,
      description(spec),
      this.#facts(job),
      this.#neighbours(job),
      this.#tasks(job),
      this.#tables(job),
      parameters(spec),
      findings(job),
      `[All jobs of ${shown(this.#graph.environment)}](${INDEX_PAGE})`,
    ]);
  }

  public index(): string {
    const { jobs } = this;
    const { text, leftOut } = hierarchyMermaid(this.#whole);
    const order = [...jobs].sort((a, b) => rank(a) - rank(b) || compare(a.spec.key, b.spec.key));
    const rows = order.map((job) => {
      const { spec } = job;
      const callers = new Set((this.#callers.get(job.id) ?? []).map((caller) => caller.job));
      return [
        this.#link(job),
        job.level ?? "",
        summaryOf(job),
        lines((spec.triggers ?? []).map(trigger)),
        ownerCell(spec),
        lines([...callers].map((caller) => this.#link(caller))),
        lines(
          job.findings.map(({ severity, rule }) => `${SEVERITY_ICONS[severity]} ${shown(rule)}`),
        ),
      ];
    });
    return markdown([
      `# Jobs of ${shown(this.#graph.environment)}`,
      `${counted(jobs.length, "job")}: ${levelsOf(jobs)}.`,
      fence("mermaid", text),
      ...(leftOut > 0
        ? [
            `${counted(leftOut, "job")} of ${this.#whole.jobs.length} have no room in this drawing; this has all of them:`,
            `<details><summary>All jobs</summary>`,
            fence("text", hierarchyTree(this.#whole)),
            "</details>",
          ]
        : []),
      "Solid arrows lead from a job to the jobs that it runs, dotted arrows from what comes first to what depends on it.",
      table(["Job", "Level", "What it does", "Starts", "Owner", "Run by", "Findings"], rows),
    ]);
  }

  #hierarchy(options: Parameters<typeof hierarchyOf>[1]): Hierarchy {
    const { findings = [] } = this.#options;
    const hierarchy = hierarchyOf(this.#graph, { ...options, findings });
    if (hierarchy instanceof UnknownJobs) throw new Error("a job is not in its own graph");
    return hierarchy;
  }

  #link({ id, spec, isExternal }: HierarchyJob): string {
    if (isExternal === true) return nameShown(spec.key);
    return `[${nameShown(spec.key)}](${this.nameOf(id)})`;
  }

  #facts({ spec, level }: HierarchyJob): string {
    const { environment } = this.#graph;
    const environments = this.#options.environmentsOf?.(spec.key) ?? [environment];
    const owned = owners(spec);
    const runAs = principalName(spec.runAs);
    const rows: [string, string][] = [
      ["Key", nameShown(spec.key)],
      ["Name", shown(spec.name ?? "")],
      ["Level", level ?? "none"],
      [
        "Environments",
        environments
          .map((name) => (name === environment ? `**${shown(name)}**` : shown(name)))
          .join(", "),
      ],
      ["Starts", lines((spec.triggers ?? []).map(trigger))],
      ["Owner", owned.map(shown).join(", ")],
      ["Runs as", shown(runAs ?? "")],
      ["Notifies", lines(told(spec))],
      ["Tags", lines(entries(spec.tags))],
      ["Deployed with", shown(spec.stack)],
      ["Written in", spec.source === undefined ? "" : shown(formatLocation(spec.source))],
    ];
    return table(
      ["", ""],
      rows.filter(([, value]) => value !== ""),
    );
  }

  #neighbours(job: HierarchyJob): string {
    const callers = this.#callers.get(job.id) ?? [];
    const called = job.tasks.flatMap((task) => {
      const target = task.runs === undefined ? undefined : this.#byId.get(task.runs);
      return target === undefined ? [] : [{ job: target, task }];
    });
    if (callers.length + called.length === 0)
      return "## Graph\n\nNo job runs it, and it runs none.";
    const around = this.#hierarchy({
      jobs: [job.id],
      direction: "both",
      depth: NEIGHBOURHOOD,
    });
    const { text, leftOut } = hierarchyMermaid(around, { focus: job.id });
    const list = (title: string, each: readonly Caller[]): string[] =>
      each.length === 0
        ? []
        : [
            `### ${title}`,
            each
              .map((other) => `- ${this.#link(other.job)}, task ${shown(other.task.spec.taskKey)}`)
              .join("\n"),
          ];
    return [
      "## Graph",
      fence("mermaid", text),
      ...(leftOut > 0 ? [`${counted(leftOut, "job")} have no room in this drawing.`] : []),
      ...list("Run by", callers),
      ...list("Runs", called),
    ].join("\n\n");
  }

  #tasks(job: HierarchyJob): string {
    if (job.tasks.length === 0) return "## Tasks\n\nNone.";
    let number = 0;
    const inner = new Set(job.tasks.flatMap(({ spec }) => spec.forEach ?? []));
    const rows = job.tasks.map((task) => [
      inner.has(task.spec) ? "↳" : String(++number),
      shown(task.spec.taskKey),
      this.#does(task),
      lines(whenLines(task).map(shown)),
      lines(entries(task.spec.parameters ?? {})),
    ]);
    return `## Tasks\n\n${table(["", "Task", "What it does", "When", "Parameters"], rows)}`;
  }

  /** Tables that the job's code reads and writes, and the jobs that share them. */
  #tables({ spec }: HierarchyJob): string {
    const flow = dataFlow(this.#graph);
    const own = flow.accessesOf(spec).filter(({ job }) => job === spec);
    if (own.length === 0) return "";
    const others = this.#usersOfTables();
    const list = (title: string, isWrite: boolean): string[] => {
      const names = [
        ...new Map(
          own
            .filter(({ write }) => (write !== undefined) === isWrite)
            .map((access) => [access.name, access]),
        ).values(),
      ];
      if (names.length === 0) return [];
      const rows = names.map(({ name, at, unknown }) => {
        const users = unknown === undefined ? (others.get(name) ?? []) : [];
        const opposite = users.filter((user) => user.isWrite !== isWrite && user.id !== spec.id);
        return [
          shown(name),
          shown(formatLocation(at)),
          unknown === undefined
            ? lines([...new Set(opposite.map(({ id }) => id))].map((id) => this.#linkOf(id)))
            : shown(`not known: ${unknown.join(", ")}`),
        ];
      });
      const head = ["Table", "Where", isWrite ? "Read by" : "Written by"];
      return [`### ${title}`, table(head, rows)];
    };
    return ["## Tables", ...list("Inputs", false), ...list("Outputs", true)].join("\n\n");
  }

  #users: Map<string, { readonly id: string; readonly isWrite: boolean }[]> | undefined;

  /** Jobs that read or write each table. */
  #usersOfTables(): ReadonlyMap<
    string,
    readonly { readonly id: string; readonly isWrite: boolean }[]
  > {
    if (this.#users !== undefined) return this.#users;
    this.#users = new Map();
    const flow = dataFlow(this.#graph);
    for (const { spec } of this.jobs)
      for (const { job, name, write, unknown } of flow.accessesOf(spec)) {
        if (job !== spec || unknown !== undefined) continue;
        const user = { id: spec.id, isWrite: write !== undefined };
        const before = this.#users.get(name);
        if (before === undefined) this.#users.set(name, [user]);
        else before.push(user);
      }
    return this.#users;
  }

  #linkOf(id: string): string {
    const job = this.#byId.get(id);
    return job === undefined ? "" : this.#link(job);
  }

  #does({ spec, runs }: HierarchyTask): string {
    const target = runs === undefined ? undefined : this.#byId.get(runs);
    if (target !== undefined) return `runs ${this.#link(target)}`;
    if (spec.notebook !== undefined) return `notebook ${shown(spec.notebook.label)}`;
    return shown(whatRuns(spec));
  }
}

const LEVELS = ["orchestrator", "composite", "atomic", undefined] as const;
const rank = ({ level }: HierarchyJob): number => LEVELS.indexOf(level);

function levelsOf(jobs: readonly HierarchyJob[]): string {
  return LEVELS.flatMap((level) => {
    const count = jobs.filter((job) => job.level === level).length;
    return count === 0 ? [] : [`${count} ${level ?? "without a level"}`];
  }).join(", ");
}

function markdown(parts: readonly string[]): string {
  return `${[PAGE_MARK, ...parts].filter((part) => part !== "").join("\n\n")}\n`;
}
