import { environmentPrefix, type JobSpec, leafTasks } from "@jobstrata/core/model";
import { withoutMount } from "@jobstrata/core/paths";
import { type Code, metadataOf, type States, unreadOf } from "./code";
import type { LiveSummary } from "./live-job";
import type { LiveJobs } from "./live-jobs";
import { byAge, type Matches } from "./match";
import type { DriftFinding } from "./report";
import { fits, hasWords } from "./settings-walk";

/** Finds orphans, duplicates, broken references and unmanaged jobs in the workspace. */
export class Findings {
  readonly #code: Code;
  readonly #live: LiveJobs;
  readonly #states: States;
  readonly #matches: Matches;
  readonly #user: (text: string) => string;

  public constructor(
    code: Code,
    live: LiveJobs,
    states: States,
    matches: Matches,
    user: (text: string) => string,
  ) {
    this.#code = code;
    this.#live = live;
    this.#states = states;
    this.#matches = matches;
    this.#user = user;
  }

  /** @param gone ids of missing jobs that other jobs run */
  public all(gone: ReadonlySet<string>): {
    readonly findings: readonly DriftFinding[];
    readonly elsewhere: number;
  } {
    const own = new Map(
      this.#matches.jobs.flatMap(({ spec, live }) =>
        live === undefined ? [] : [[live.id, spec] as const],
      ),
    );
    const isElsewhere = this.#others();
    const findings = [...this.#duplicates(own), ...this.#references(gone)];
    const unmanaged: LiveSummary[] = [];
    let elsewhere = 0;
    for (const summary of this.#live.summaries()) {
      if (own.has(summary.id)) continue;
      const orphan = this.#orphan(summary);
      if (orphan !== undefined) findings.push(orphan);
      else if (isElsewhere(summary)) elsewhere++;
      else unmanaged.push(summary);
    }
    const names = countedBy(unmanaged, ({ name }) => name);
    findings.push(...unmanaged.map((summary) => this.#unmanaged(summary, names, gone)));
    return { findings: findings.sort(inOrder), elsewhere };
  }

  /** A job of this deployment that is missing from its state. */
  #orphan(summary: LiveSummary): DriftFinding | undefined {
    const spec = this.#matches.copies.get(summary.id);
    if (spec !== undefined) {
      const { live } = this.#matches.jobs.find((match) => match.spec === spec) ?? {};
      const beside =
        live === undefined ? "which has no live job in its state" : `beside job ${live.id}`;
      return finding("orphan", summary, {
        ...placeOf(spec),
        text: `it has the name of ${spec.key}, ${beside}, and is in no state: the response to its creation was lost, or someone copied it`,
        ...(live && { others: [live.id] }),
      });
    }
    if (this.#states.forgotten.has(summary.id) || summary.bundle === undefined) return undefined;
    const own = this.#ownMetadata();
    if (own === undefined || !fits(own, withoutMount(summary.bundle))) return undefined;
    return finding("orphan", summary, {
      text: "this bundle deployed it, but its state does not have it",
    });
  }

  /** The bundle's metadata path, if its state is known. */
  #ownMetadata(): string | undefined {
    const { kind, graph } = this.#code;
    const [job] = graph.jobs;
    if (kind !== "bundle" || job === undefined || !this.#states.isKnown(job)) return undefined;
    return metadataOf(this.#code, this.#user);
  }

  #unmanaged(
    summary: LiveSummary,
    names: ReadonlyMap<string, readonly string[]>,
    gone: ReadonlySet<string>,
  ): DriftFinding {
    const key = this.#states.forgotten.get(summary.id);
    const others = (names.get(summary.name) ?? []).filter((id) => id !== summary.id);
    const missing = [...new Set(summary.runs)].filter((id) => gone.has(id));
    const text =
      key !== undefined
        ? unreadOf(this.#code).length > 0
          ? `its state has it as ${key}, which is missing from the part of the code that could be read`
          : `the code no longer has ${key}; the next deployment deletes it`
        : summary.bundle !== undefined
          ? `another bundle deployed it: ${summary.bundle}`
          : "no code manages it";
    return finding("unmanaged", summary, {
      text: [
        text,
        ...(others.length > 0 ? [`${jobs(others)} of the same name`] : []),
        ...(missing.length > 0 ? [`it runs ${jobs(missing)}, which does not exist`] : []),
      ].join("; "),
      ...(key !== undefined && { key }),
      ...(others.length > 0 && { others }),
    });
  }

  /** Live jobs that share a name with one of the code's live jobs, and jobs of the code that share a live job. */
  #duplicates(own: ReadonlyMap<string, JobSpec>): DriftFinding[] {
    const { copies, jobs: matched } = this.#matches;
    const counted = [...this.#live.summaries()].filter(({ id }) => !copies.has(id));
    const found: DriftFinding[] = [];
    for (const group of countedBy(counted, ({ name }) => name).values()) {
      const ids = [...group].sort((a, b) => byAge({ id: a }, { id: b }));
      const [id, ...others] = ids;
      const spec = ids.map((each) => own.get(each)).find(Boolean);
      const summary = id === undefined ? undefined : this.#live.summary(id);
      if (summary === undefined || others.length === 0 || spec === undefined) continue;
      const text = `${jobs(ids)} have the same name`;
      found.push(finding("duplicate", summary, { ...placeOf(spec), text, others }));
    }
    const byLive = countedBy(
      matched.flatMap(({ spec, live }) => (live === undefined ? [] : [{ id: spec.key, live }])),
      ({ live }) => live.id,
    );
    for (const [id, keys] of byLive) {
      const summary = this.#live.summary(id);
      if (keys.length < 2 || summary === undefined) continue;
      const text = `${keys.join(" and ")} match this one job`;
      found.push(finding("duplicate", summary, { text, key: keys[0] ?? "" }));
    }
    return found;
  }

  /** References from the code's jobs, as written and as deployed, to missing jobs. */
  #references(gone: ReadonlySet<string>): DriftFinding[] {
    return this.#matches.jobs.flatMap(({ spec, live }) => {
      const written = new Set(writtenIds(spec));
      const ids = new Set([...written, ...(live?.runs ?? [])]);
      return [...ids]
        .filter((id) => gone.has(id))
        .map((id): DriftFinding => {
          const who = written.has(id) ? "the code runs" : "the live job runs";
          const summary = live ?? { id: "", name: spec.name ?? "", tags: "", runs: [] };
          const text = `${who} job ${id}, which does not exist`;
          return finding("reference", summary, { ...placeOf(spec), text, others: [id] });
        });
    });
  }

  /** Whether a live job belongs to another environment of the code, or to another user's deployment of this one. */
  #others(): (summary: LiveSummary) => boolean {
    const { others, graph } = this.#code;
    const personal = graph.jobs.flatMap(({ name = "" }) =>
      name.includes("${workspace.current_user.") ? [name] : [],
    );
    // A name without literal text would match every job.
    const patterns = [...others.map(({ name }) => name), ...personal].filter(hasWords);
    const byRest = countedBy(
      patterns.map((id) => ({ id })),
      ({ id }) => environmentPrefix(id).rest,
    );
    const open = patterns.filter((name) => environmentPrefix(name).rest.includes("${"));
    return ({ id, name }) => {
      if (this.#states.elsewhere.has(id)) return true;
      const near = byRest.get(environmentPrefix(name).rest) ?? [];
      return [...near, ...open].some((pattern) => fits(pattern, name));
    };
  }
}

/** Literal job ids in the code. */
export function* writtenIds(spec: JobSpec): Iterable<string> {
  for (const { runJob } of leafTasks(spec))
    if (runJob !== undefined && "jobId" in runJob) yield runJob.jobId;
}

function finding(
  kind: DriftFinding["kind"],
  { id, name, creator, created }: LiveSummary,
  more: Omit<DriftFinding, "kind" | "jobId" | "name">,
): DriftFinding {
  return {
    kind,
    jobId: id,
    name,
    ...(creator !== undefined && { creator }),
    ...(created !== undefined && { created }),
    ...more,
  };
}

function placeOf({ key, source }: JobSpec): Pick<DriftFinding, "key" | "location"> {
  return { key, ...(source !== undefined && { location: source }) };
}

function countedBy<T extends { readonly id: string }>(
  items: Iterable<T>,
  by: (item: T) => string,
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group === undefined) groups.set(by(item), [item.id]);
    else group.push(item.id);
  }
  return groups;
}

const jobs = (ids: readonly string[]): string =>
  `${ids.length === 1 ? "job" : "jobs"} ${ids.slice(0, 10).join(", ")}${ids.length > 10 ? ` and ${ids.length - 10} more` : ""}`;

const KINDS: readonly DriftFinding["kind"][] = ["orphan", "duplicate", "reference", "unmanaged"];

function inOrder(a: DriftFinding, b: DriftFinding): number {
  return KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || byAge({ id: a.jobId }, { id: b.jobId });
}
