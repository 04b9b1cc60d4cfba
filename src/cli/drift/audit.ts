import { setFlagsFromString } from "node:v8";
import { type JobId, jobIdOf, type JobSpec, type Settings } from "@jobstrata/core/model";
import { withoutMount } from "@jobstrata/core/paths";
import { atOnce, isCut, type JobsClient, WorkspaceError } from "@jobstrata/run";
import { type ApiPermissions, ownEntries } from "../workspace/permissions";
import {
  type Code,
  type DeploymentNote,
  metadataOf,
  NO_STATES,
  samePath,
  type States,
  type TextChange,
  type TextContext,
  unreadOf,
} from "./code";
import {
  type Change,
  comparePermissions,
  compareSettings,
  type Permissions,
  permissionsIn,
} from "./compare";
import { Findings, writtenIds } from "./findings";
import { type LiveJob, liveSettings, withDeployment, withoutDeployment } from "./live-job";
import type { LiveJobs } from "./live-jobs";
import { type Match, matchJobs, type Matches } from "./match";
import type { DriftJob, DriftReport } from "./report";
import { fits, isOpenText, literal, unescaped, withTexts } from "./settings-walk";

/** Concurrent requests. At 200 ms each, these use the whole rate limit. */
const AT_ONCE = 16;
/** With more jobs, the audit takes minutes anyway, so it spends time on garbage collection to save memory. */
const MANY = 2000;

interface AuditOptions {
  /** Whether to read deployment states. */
  readonly useStates: boolean;
  /** Whether to compare permissions, with one request per job. */
  readonly usePermissions: boolean;
  readonly notes: (note: string) => void;
  /** Resolves references to the current user. */
  readonly user: (text: string) => string;
}

/** Compares the code's jobs with those of a workspace, read-only. */
export class Audit {
  readonly #code: Code;
  readonly #client: JobsClient;
  readonly #live: LiveJobs;
  readonly #options: AuditOptions;
  #states: States = NO_STATES;

  public constructor(code: Code, client: JobsClient, live: LiveJobs, options: AuditOptions) {
    this.#code = code;
    this.#client = client;
    this.#live = live;
    this.#options = options;
  }

  /** @throws {WorkspaceError} if the workspace cannot be read */
  public async run(): Promise<Omit<DriftReport, "failOn">> {
    const { graph, kind, path, target } = this.#code;
    const { useStates, notes, user, usePermissions } = this.#options;
    if (graph.jobs.length > MANY) setFlagsFromString("--heap-growing-percent=20");
    if (useStates) this.#states = await this.#code.states(this.#client.http, notes);
    await this.#readJobs();
    const nameOf = this.#namesOf(user);
    const own = metadataOf(this.#code, user);
    const matches = matchJobs(
      graph.jobs,
      this.#states,
      this.#live,
      nameOf,
      ({ bundle }) =>
        bundle !== undefined && (own === undefined || !fits(own, withoutMount(bundle))),
    );
    if (usePermissions) await this.#readPermissions(matches);
    const jobs = await this.#compare(matches, nameOf);
    const findings = new Findings(this.#code, this.#live, this.#states, matches, user);
    const gone = await this.#gone();
    return {
      target,
      host: this.#client.http.host,
      source: { kind, path },
      problems: unreadOf(this.#code),
      jobs,
      ...findings.all(gone),
      live: this.#live.size,
      requests: this.#client.http.requests,
    };
  }

  /** The same audit with different code. Does not read live jobs again. */
  public of(code: Code): Audit {
    const audit = new Audit(code, this.#client, this.#live, { ...this.#options, useStates: false });
    audit.#states = this.#states;
    return audit;
  }

  /** Reads all live jobs with complete settings. */
  async #readJobs(): Promise<void> {
    if (this.#live.next === "") return;
    for await (const { jobs, next } of this.#client.listJobPages(this.#live.next)) {
      const cut = jobs.filter(isCut);
      for (const job of jobs) if (!isCut(job)) this.#live.add(job);
      await atOnce(
        cut,
        async ({ job_id: id }) => {
          const whole = await this.#get(id);
          // Undefined if the job was deleted in the meantime.
          if (whole !== undefined) this.#live.add(whole);
        },
        AT_ONCE,
      );
      this.#live.endPage(next);
    }
  }

  async #get(id: JobId): Promise<LiveJob | undefined> {
    try {
      return await this.#client.getJob(id);
    } catch (error) {
      if (error instanceof WorkspaceError && error.notFound) return undefined;
      throw error;
    }
  }

  async #readPermissions({ jobs }: Matches): Promise<void> {
    const ids = jobs.flatMap(({ live }) =>
      live === undefined || this.#live.permissions(live.id) !== undefined ? [] : [live.id],
    );
    await atOnce(
      ids,
      async (id) => {
        try {
          const path = `2.0/permissions/jobs/${id}`;
          const answer = await this.#client.http.request<ApiPermissions>("GET", path);
          this.#live.setPermissions(id, answer);
        } catch (error) {
          if (!(error instanceof WorkspaceError) || (error.status !== 403 && !error.notFound))
            throw error;
          this.#live.setPermissions(id, null);
        }
      },
      AT_ONCE,
    );
  }

  #context(matches: Matches): TextContext {
    const ids = new Map(
      matches.jobs.flatMap(({ spec, live }): [string, string][] =>
        live === undefined ? [] : [[spec.id, live.id]],
      ),
    );
    const names = new Map([...this.#live.summaries()].map(({ id, name }) => [name, id]));
    return {
      user: this.#options.user,
      idOf: (spec) => ids.get(spec),
      idOfName: (name) => names.get(name),
    };
  }

  /** Resolves display names as the deployment does. */
  #namesOf(user: (text: string) => string): (spec: JobSpec) => string {
    const texts = this.#code.texts({ user, idOf: () => undefined, idOfName: () => undefined });
    const place = { name: "name", holder: "", shape: undefined, part: {} };
    return (spec) => unescaped(texts(spec)(spec.name ?? "Untitled", place));
  }

  async #compare(matches: Matches, nameOf: (spec: JobSpec) => string): Promise<DriftJob[]> {
    const texts = this.#code.texts(this.#context(matches));
    const jobs: DriftJob[] = [];
    for (const match of matches.jobs) {
      const { spec, live, by, gone } = match;
      const { source } = spec;
      const head = {
        key: spec.key,
        name: nameOf(spec),
        ...(source !== undefined && { location: source }),
      };
      if (live === undefined) {
        const note = await this.#missing(gone, head.name);
        jobs.push({ ...head, ...NOTHING, kinds: ["missing"], ...note });
        continue;
      }
      const found = this.#compareJob(match, live.id, texts(spec));
      jobs.push({
        ...head,
        jobId: live.id,
        ...(by && { matchedBy: by }),
        ...found,
        kinds: [...new Set(found.changes.map(({ kind }) => kind))],
      });
    }
    return jobs;
  }

  /** Explains why a job was not found. */
  async #missing(gone: string | undefined, name: string): Promise<Pick<DriftJob, "note">> {
    const id = gone === undefined ? undefined : jobIdOf(gone);
    if (id === undefined)
      return isOpenText(name)
        ? { note: `there is no state, and only the deployment knows its whole name, ${name}` }
        : {};
    try {
      await this.#client.getJob(id);
      return { note: `job ${gone ?? ""} of the state was created in the meantime` };
    } catch (error) {
      if (!(error instanceof WorkspaceError)) throw error;
      if (error.notFound) return { note: `job ${gone ?? ""} of the state is gone` };
      if (error.status !== 403) throw error;
      return { note: `job ${gone ?? ""} of the state cannot be read by this user` };
    }
  }

  #compareJob({ spec }: Match, id: string, change: TextChange) {
    const live = this.#live.job(id);
    if (live === undefined) return NOTHING;
    const { kind, deploymentOf, sent = (settings: Settings) => settings } = this.#code;
    const written = sent(withTexts(spec.settings, change));
    const code =
      deploymentOf === undefined
        ? written
        : withCodeDeployment(written, deploymentOf(spec), change);
    const stored = withTexts(
      liveSettings(live, deploymentOf !== undefined, kind !== "bundle"),
      (text, place) => samePath(literalUnlessMasked(text), place),
    );
    const compared = compareSettings(code, stored, live.creator_user_name);
    const permissions = this.#live.permissions(id);
    if (permissions === undefined) return compared;
    if (permissions === null) return { ...compared, isHidden: true as const };
    const changes: Change[] = [
      ...compared.changes,
      ...comparePermissions(codePermissions(code), permissionsIn(ownEntries(permissions))),
    ];
    return { ...compared, changes };
  }

  /** Ids of missing jobs that live jobs or the code refer to. */
  async #gone(): Promise<ReadonlySet<string>> {
    const wanted = new Set<string>();
    for (const { runs } of this.#live.summaries())
      for (const id of runs) if (this.#live.summary(id) === undefined) wanted.add(id);
    for (const spec of this.#code.graph.jobs)
      for (const id of writtenIds(spec)) if (this.#live.summary(id) === undefined) wanted.add(id);
    const gone = new Set<string>();
    await atOnce(
      [...wanted],
      async (text) => {
        const id = jobIdOf(text);
        if (id === undefined) {
          gone.add(text);
          return;
        }
        try {
          await this.#client.getJob(id);
        } catch (error) {
          if (!(error instanceof WorkspaceError)) throw error;
          if (error.notFound) gone.add(text);
          else if (error.status !== 403) throw error;
        }
      },
      AT_ONCE,
    );
    return gone;
  }
}

const NOTHING = { changes: [], given: [], open: [] } as const;

const literalUnlessMasked = (text: string): string =>
  /^\$\{sensitive \d+\}$/.test(text) ? text : literal(text);

function withCodeDeployment(settings: Settings, raw: DeploymentNote, change: TextChange): Settings {
  const whole = withDeployment({}, raw);
  return { ...withoutDeployment(settings), ...withTexts(whole, change) };
}

function codePermissions({ access_control_list: list }: Settings): Permissions {
  return permissionsIn(Array.isArray(list) ? (list as readonly Settings[]) : []);
}
