import { JobstrataError } from "@jobstrata/core/errors";
import { type JobGraph, type JobSpec, printable, quote } from "@jobstrata/core/model";
import { counted } from "@jobstrata/core/report";
import type { StateSelection } from "@jobstrata/run";
import type { Io } from "../io";
import { type Changes, findChanges } from "./changes";
import type { ChangedJob, JobState } from "./document";
import { downstreamOf } from "./downstream";
import { interruptible } from "./interruptible";
import { type Compared, isStateSelector, parseState, type StateOptions } from "./selectors";

/** The states that a `state:` selector matches. As in dbt, `modified` includes new jobs. */
const STATES: Readonly<Record<string, readonly JobState[]>> = {
  modified: ["modified", "new"],
  new: ["new"],
  removed: ["removed"],
};

const STATES_OF_JOBS: readonly JobState[] = ["modified", "new", "downstream"];

/** A job's key without its stack. */
const shortKey = (key: string): string => key.slice(key.lastIndexOf("/") + 1);

/** The changed jobs of each environment. */
export class JobStates {
  readonly #changes: Changes;

  public constructor(changes: Changes) {
    this.#changes = changes;
  }

  /**
   * Compares jobs with the base of `--state`. Prints the limits of the comparison to stderr.
   *
   * @returns the exit code after Ctrl-C
   * @throws {JobstrataError} `config` without a base, or without a `state:` selector
   */
  public static async find(
    { select = [], state }: StateOptions,
    { path, ...compared }: Compared,
    io: Io,
  ): Promise<JobStates | number> {
    if (!select.some(isStateSelector)) {
      throw new JobstrataError(
        "config",
        "--state needs a selector that asks for changes, such as --select state:modified+",
      );
    }
    if (state === undefined) {
      throw new JobstrataError(
        "config",
        `--select ${select.map(printable).join(" ")} needs a base to compare with, such as --state origin/main`,
      );
    }
    const request = { ...compared, base: state, ...(path !== undefined && { path }) };
    const changes = await interruptible((signal) => findChanges(request, io, signal), io);
    if (typeof changes === "number") return changes;
    for (const problem of changes.document.problems) io.err(printable(problem));
    return new JobStates(changes);
  }

  get #first(): string {
    return this.#changes.document.environments[0]?.environment ?? "";
  }

  /** The name of the base. */
  public get since(): string {
    const { revision, path } = this.#changes.document.from;
    return printable(revision ?? path);
  }

  /**
   * Ids of an environment's selected jobs: the union of the selectors; commas in a selector mean intersection.
   *
   * @throws {JobstrataError} `config` for an invalid selector
   */
  public select(environment: string, selectors: readonly string[]): ReadonlySet<string> {
    const chosen = new Set<string>();
    for (const selector of selectors.flatMap((text) => text.split(/\s+/)).filter(Boolean)) {
      const parts = selector
        .split(",")
        .map((atom) => new Set(this.#of(environment, atom).map(({ id }) => id)));
      const [first = new Set<string>(), ...others] = parts;
      for (const id of first) if (others.every((part) => part.has(id))) chosen.add(id);
    }
    return chosen;
  }

  #of(environment: string, atom: string): ChangedJob[] {
    const asked = parseState(atom);
    if (asked === undefined) {
      throw new JobstrataError(
        "config",
        `invalid selector ${quote(atom)}; use state:modified, state:new or state:removed, each optionally followed by +`,
      );
    }
    const own = this.#in(environment, STATES[asked.state] ?? []);
    return asked.isDownstream ? [...own, ...this.#following(environment, asked.state)] : own;
  }

  #in(environment: string, states: readonly JobState[]): ChangedJob[] {
    const jobs = this.#changes.document.environments.find(
      (each) => each.environment === environment,
    )?.jobs;
    return (jobs ?? []).filter(({ state }) => states.includes(state));
  }

  /** All jobs downstream of those matched by a selector. */
  #following(environment: string, name: string): ChangedJob[] {
    const graphs = this.#changes.after.flatMap((reading) => reading.graphs);
    const graph = graphs.find((each) => each.environment === environment);
    return downstreamOf(graph, this.#in(environment, STATES[name] ?? []));
  }

  /** Ids of selected jobs by graph, without graphs that have none. */
  public among(
    graphs: readonly JobGraph[],
    selectors: readonly string[],
  ): Map<JobGraph, readonly string[]> {
    const chosen = graphs.map(
      (graph) => [graph, this.chosen(graph, selectors).map(({ id }) => id)] as const,
    );
    return new Map(chosen.filter(([, ids]) => ids.length > 0));
  }

  /** An environment's selected jobs, without removed ones. */
  public jobs(environment: string, selectors: readonly string[]): JobSpec[] {
    const graphs = this.#changes.after.flatMap((reading) => reading.graphs);
    return graphs
      .filter((graph) => graph.environment === environment)
      .flatMap((graph) => this.chosen(graph, selectors));
  }

  /** The selected jobs of a graph. */
  public chosen(graph: JobGraph, selectors: readonly string[]): JobSpec[] {
    const ids = this.select(graph.environment, selectors);
    return graph.jobs.filter(({ id }) => ids.has(id));
  }

  /** Resolves the `state:` selectors of `run`. @param wanted the environment. @default - the first with changes */
  public selection(wanted?: string): StateSelection {
    const environment = wanted ?? this.#first;
    // A deployed job may be known only by its name.
    const named = (jobs: readonly ChangedJob[]): ReadonlySet<string> =>
      new Set(jobs.flatMap(({ job, name }) => [shortKey(job), name ?? job]));
    return {
      jobs: (state) => named(this.#in(environment, STATES[state] ?? [])),
      downstream: (state) => named(this.#following(environment, state)),
    };
  }

  /**
   * Why jobs of an environment are selected, one line each.
   *
   * @param wanted the environment. @default - the first with changes
   * @param labels keys or display names of the jobs to explain
   */
  public reasons(wanted: string | undefined, labels: ReadonlySet<string>): string[] {
    return this.#in(wanted ?? this.#first, STATES_OF_JOBS)
      .filter(({ job, name = job }) => labels.has(shortKey(job)) || labels.has(name))
      .map(({ job, reasons: [first, ...others] }) => {
        const more = others.length === 0 ? "" : `, and ${counted(others.length, "more reason")}`;
        return printable(`  ${job}: ${first?.text ?? ""}${more}`);
      });
  }

  /** One line with the number of selected jobs. */
  public describe(selectors: readonly string[], count: number): string {
    return `${selectors.map(printable).join(" ")} since ${this.since}: ${count === 0 ? "no job" : counted(count, "job")}`;
  }
}
