import { existsSync } from "node:fs";
import { join } from "node:path";
import { isExpression, type JobRef, type JobSpec, type NotebookRef } from "../../model/job-spec";
import { nearest } from "../../nearest";
import { PAUSE_STATUSES } from "../../model/enumerations";
import { printable, quote } from "../../model/text";
import { withoutMount } from "../../paths";
import { type GitLocation, type PayloadContext, readJobPayload } from "../payload/job-payload";
import { accessControl } from "../payload/job-settings";
import { withLazy } from "../lazy";
import { gitNotebook } from "../notebook/identity";
import type { Bundle } from "./bundle";
import { Interpolation, type ValueSite } from "./interpolate";
import { withValue } from "./merge";
import { checkShape, misspelledLists } from "./shape";
import { EMPTY, isValueMap, type Value, type ValueMap } from "./yaml-file";

/** The Databricks CLI treats empty or 0 presets as unset. */
const unlessEmpty = (value: Value): Value => (value === "" || value === 0 ? undefined : value);

/** The workspace of a target and its paths there. */
interface WorkspaceSettings {
  /** The workspace to deploy to, if set. */
  readonly host?: string;
  readonly profile?: string;
  /** `workspace.state_path`, with `${workspace.current_user.userName}` for the deploying user. */
  readonly statePath: string;
  /** `workspace.file_path`, without `/Workspace`: the target folder of uploads from {@link syncRoot}. */
  readonly filePath: string;
  /** The folder whose files are uploaded; absolute. */
  readonly syncRoot: string;
}

/** Settings of a target other than its jobs. */
export interface BundleSettings extends WorkspaceSettings {
  readonly name: string;
  /** Values of variables; null for unknown ones. */
  readonly variables: ValueMap;
  /** Declarations of variables. */
  readonly declared: ValueMap;
}

/** One target of a bundle. */
export class TargetReader {
  readonly #interpolation: Interpolation;
  /** Job lookups of variables by variable name. */
  readonly #lookups = new Map<string, string | undefined>();
  readonly #stack: string;
  /** Workspace folder of the bundle's files. */
  readonly #uploaded: string;
  /** Local folder of the uploaded files. */
  readonly #syncRoot: string;
  readonly #builds: boolean;

  readonly #context: PayloadContext = {
    notebook: (path, git, part) => this.#notebook(path, git, part),
    job: (id) => this.#reference(String(id)),
    locate: (part) => this.#bundle.places.locationOf(part),
    path: (path, part) => this.#pathOf(path, part),
    code: (path, part) => this.#bundle.code(this.#pathOf(path, part)),
  };

  readonly #bundle: Bundle;
  readonly #target: string;
  readonly #config: ValueMap;
  readonly #entries: ValueMap;

  public constructor(bundle: Bundle, target: string, config: ValueMap, entries: ValueMap) {
    this.#bundle = bundle;
    this.#target = target;
    this.#config = config;
    this.#entries = entries;

    const own = config.bundle;
    const name = isValueMap(own) ? own.name : undefined;
    this.#stack = typeof name === "string" ? name : "bundle";
    const root = {
      ...config,
      bundle: {
        ...(isValueMap(own) ? own : {}),
        ...(bundle.keep === undefined
          ? { target, environment: target }
          : { target: null, environment: null }),
        mode: config.mode,
      },
      workspace: this.#workspace(target),
      var: this.#variables(target),
    };
    for (const name of bundle.keep ?? []) root.var[name] = null;
    const { presets } = config;
    const prefix = isValueMap(presets) ? unlessEmpty(presets.name_prefix) : undefined;
    const isPrefixed = prefix !== undefined || config.mode === "development";
    const unknown = (reference: string, at: ValueSite | undefined): void => {
      const names = Object.keys(root.var);
      const [, used = ""] = reference.split(/[.[\]]+/);
      const best = names.includes(used) ? undefined : nearest(used, names);
      bundle.problems.report({
        severity: "error",
        message: `\${${printable(reference)}} is not a variable of the bundle${best === undefined ? "" : ` (did you mean ${quote(best)}?)`}`,
        fix:
          best === undefined
            ? `declare it below variables, or name one of ${names.slice(0, 10).map(quote).join(", ") || "those that are declared (there are none)"}`
            : `write \${var.${best}}, or declare it below variables`,
        ...at,
      });
    };
    const circle = (references: readonly string[], at: ValueSite | undefined): void => {
      const names = references.map((reference) => `\${${printable(reference)}}`);
      bundle.problems.report({
        severity: "error",
        message: `${names.join(" -> ")} lead back to themselves, so they have no value`,
        fix: "give one of them a value without the others",
        ...at,
      });
    };
    this.#interpolation = new Interpolation(root, bundle.places, isPrefixed, unknown, circle);
    this.#syncRoot = bundle.syncRoot(config);
    const uploaded = this.#interpolation.fill("${workspace.file_path}");
    this.#uploaded = typeof uploaded === "string" ? withoutMount(uploaded) : "";
    this.#builds = this.#buildsLibraries();
  }

  /** `workspace` with default paths. */
  #workspace(target: string): ValueMap {
    const { workspace } = this.#config;
    const given = isValueMap(workspace) ? workspace : EMPTY;
    const root = given.root_path ?? `~/.bundle/${this.#stack}/${target}`;
    const home = "/Workspace/Users/${workspace.current_user.userName}";
    return {
      ...Object.fromEntries(
        ["file", "resource", "artifact", "state"].map((kind) => [
          `${kind}_path`,
          `\${workspace.root_path}/${kind === "state" ? kind : `${kind}s`}`,
        ]),
      ),
      ...given,
      root_path: typeof root === "string" ? root.replace(/^~(?=\/)/, home) : root,
    };
  }

  /** Resolved values of variables; null for a variable without a value. */
  public variables(): ValueMap {
    const { variables } = this.#config;
    const names = isValueMap(variables) ? Object.keys(variables) : [];
    const values = names.map((name): [string, Value] => {
      const value = this.#interpolation.fill(`\${var.${name}}`);
      return [name, value === `\${var.${name}}` ? null : value];
    });
    return Object.fromEntries(values);
  }

  /** The target's workspace, if set, and its state path there. */
  public workspaceSettings(): WorkspaceSettings {
    const { workspace } = this.#config;
    const setting = (name: "host" | "profile"): string | undefined => {
      const given = isValueMap(workspace) ? this.#interpolation.fill(workspace[name]) : undefined;
      return typeof given === "string" && given !== "" && !given.includes("${") ? given : undefined;
    };
    const [host, profile] = [setting("host"), setting("profile")];
    const statePath = this.#interpolation.fill("${workspace.state_path}");
    return {
      ...(host !== undefined && { host }),
      ...(profile !== undefined && { profile }),
      statePath: typeof statePath === "string" ? statePath : "",
      filePath: this.#uploaded,
      syncRoot: this.#syncRoot,
    };
  }

  /** The resources of the bundle that are not jobs. */
  public otherResources(): ValueMap {
    const { resources } = this.#config;
    if (!isValueMap(resources)) return EMPTY;
    const kinds = Object.entries(resources).filter(([kind]) => kind !== "jobs");
    const filled = this.#interpolation.fill(Object.fromEntries(kinds));
    return isValueMap(filled) ? filled : EMPTY;
  }

  public jobs(): JobSpec[] {
    this.#checkPresets();
    this.#checkPauseStatus();
    this.#checkRunAs();
    // The shape check reports other shapes.
    return Object.entries(this.#entries).flatMap(([key, job]) =>
      isValueMap(job) ? [this.#job(key, job)] : [],
    );
  }

  /** Reports the preset that no job takes. */
  #checkPresets(): void {
    const { presets } = this.#config;
    const jobs = Object.values(this.#entries).filter(isValueMap);
    if (!isValueMap(presets) || jobs.length === 0) return;
    if (unlessEmpty(presets.jobs_max_concurrent_runs ?? "") === undefined) return;
    if (jobs.some((job) => unlessEmpty(job.max_concurrent_runs ?? "") === undefined)) return;
    this.#bundle.problems.report({
      rule: "hidden-value",
      severity: "warning",
      message:
        "jobs_max_concurrent_runs of presets has no effect, as every job sets max_concurrent_runs",
      fix: "remove it from presets, or max_concurrent_runs from the jobs that are to have it",
      environment: this.#target,
      map: presets,
      path: ["jobs_max_concurrent_runs"],
    });
  }

  /** Reports the preset of triggers that the Databricks CLI refuses. */
  #checkPauseStatus(): void {
    const { presets, mode } = this.#config;
    if (!isValueMap(presets)) return;
    const status = this.#interpolation.fill(presets.trigger_pause_status);
    if (typeof status !== "string" || status === "" || isExpression(status)) return;
    const at = {
      rule: "allowed-values",
      severity: "error",
      environment: this.#target,
      map: presets,
      path: ["trigger_pause_status"],
    } as const;
    if (!PAUSE_STATUSES.some((each) => each === status)) {
      this.#bundle.problems.report({
        message: `trigger_pause_status of presets is ${quote(status)}`,
        fix: `write ${PAUSE_STATUSES.join(" or ")}`,
        ...at,
      });
    } else if (status === "UNPAUSED" && mode === "development") {
      this.#bundle.problems.report({
        message: `trigger_pause_status of presets is UNPAUSED in target ${quote(this.#target)}, whose mode is development`,
        fix: "remove it, and set pause_status of the triggers that are to run",
        ...at,
      });
    }
  }

  /** Reports a `run_as` of the bundle that the Databricks CLI refuses. */
  #checkRunAs(): void {
    const { run_as: written, experimental } = this.#config;
    if (written === undefined) return;
    if (isValueMap(experimental) && experimental.use_legacy_run_as === true) return;
    // The shape check reports other shapes.
    const runAs = written === null ? EMPTY : this.#interpolation.fill(written);
    if (!isValueMap(runAs)) return;
    const names = [runAs.user_name, runAs.service_principal_name].filter(
      (name) => name !== undefined && name !== null && name !== "",
    );
    // The rule exclusive-settings reports two names in each job that gets them.
    const isInherited = Object.values(this.#entries).some(
      (job) => isValueMap(job) && job.run_as === undefined,
    );
    if (names.length === 1 || (names.length === 2 && isInherited)) return;
    this.#bundle.problems.report({
      rule: "exclusive-settings",
      severity: "error",
      message:
        names.length === 0
          ? "run_as has neither user_name nor service_principal_name"
          : "run_as has both user_name and service_principal_name",
      fix: names.length === 0 ? "set one of them, or remove run_as" : "keep one of them",
      environment: this.#target,
      map: this.#bundle.sourceOf(this.#target, "run_as"),
      path: ["run_as"],
    });
  }

  #job(key: string, written: ValueMap): JobSpec {
    const bundle = this.#bundle;
    const { places } = bundle;
    const filled = this.#interpolation.fill(written);
    const merged = bundle.merger.mergeItems(isValueMap(filled) ? filled : written, written);
    const job = this.#withPresets(merged);
    const permissions = [job.permissions, this.#config.permissions];
    const { payload, settings, mayHold } = readJobPayload(job, this.#context, "api");
    // What a misspelled list defines is unknown, so that no finding follows from the one about its name.
    const unknown = [...(payload.unknown ?? []), ...misspelledLists(job)];
    const known = {
      id: bundle.jobId(key),
      key,
      stack: this.#stack,
      duplicates: bundle.duplicatesOf(key),
      hasPermissions: permissions.some((list) => Array.isArray(list) && list.length > 0),
      ...payload,
      ...(unknown.length > 0 && { unknown: new Set(unknown) }),
    };
    const spec: JobSpec = withLazy(known, {
      source: () => places.locationOf(written),
      settings: () => settings(accessControl(job.permissions, this.#permissions())),
      mayHold,
    });
    this.#check(merged, spec);
    return spec;
  }

  /** Bundle-level permissions, converted to job permission levels. */
  #permissions(): Value[] {
    const permissions = this.#interpolation.fill(this.#config.permissions);
    if (!Array.isArray(permissions)) return [];
    return (permissions as readonly Value[]).map((entry) =>
      isValueMap(entry) && entry.level === "CAN_RUN"
        ? { ...entry, level: "CAN_MANAGE_RUN" }
        : entry,
    );
  }

  /** Reports what the Databricks CLI rejects or drops. */
  #check(job: ValueMap, spec: JobSpec): void {
    const bundle = this.#bundle;
    const environment = this.#target;
    bundle.problems.reportShape(checkShape(job, "Job", bundle.places), { environment, job: spec });
    if (!bundle.hasFiles) return;
    for (const { taskKey, ...problem } of bundle.files.check(job, this.#syncRoot, this.#builds)) {
      const site = { job: spec, ...(taskKey !== undefined && { taskKey }) };
      bundle.problems.report({ ...problem, environment, sites: [site] });
    }
  }

  /** Whether the deployment builds libraries: the bundle declares artifacts or contains a Python project. */
  #buildsLibraries(): boolean {
    const { artifacts } = this.#config;
    if (isValueMap(artifacts) && Object.keys(artifacts).length > 0) return true;
    return existsSync(join(this.#bundle.folder, "setup.py"));
  }

  #pathOf(path: string, part: object): string {
    return this.#bundle.path(path, part, this.#uploaded, this.#syncRoot);
  }

  #notebook(path: string, git: GitLocation | undefined, part: object): NotebookRef {
    if (git !== undefined) return gitNotebook(git.url, path);
    const from = this.#bundle.places.fileOf(part, ["notebook_path"]) ?? this.#bundle.file;
    return this.#bundle.notebook(path, from, this.#uploaded, this.#syncRoot);
  }

  #reference(expression: string): JobRef {
    const key = /^\s*\$\{resources\.jobs\.([^.[\]}]+)\.id\}\s*$/.exec(expression)?.[1];
    if (key !== undefined) {
      return Object.hasOwn(this.#entries, key)
        ? { kind: "job", id: this.#bundle.jobId(key) }
        : { kind: "missing", expression };
    }
    if (/^\s*\d+\s*$/.test(expression)) return { kind: "literal", jobId: expression.trim() };
    const variable = /^\s*\$\{var\.([^.[\]}]+)\}\s*$/.exec(expression)?.[1];
    if (variable !== undefined && this.#lookups.has(variable)) {
      const name = this.#lookups.get(variable);
      return { kind: "external", expression, ...(name !== undefined && { name }) };
    }
    return { kind: "opaque", expression };
  }

  /** Values of variables; null for a declared variable without a value before deployment. */
  #variables(target: string): Record<string, Value> {
    const values: Record<string, Value> = Object.create(null) as Record<string, Value>;
    const declared = this.#config.variables;
    const overrides = this.#bundle.overridesOf(target);
    for (const [name, variable] of isValueMap(declared) ? Object.entries(declared) : []) {
      const {
        value,
        default: preset,
        lookup,
      } = isValueMap(variable) ? variable : { default: variable };
      const given = value ?? this.#bundle.variable(name);
      const isLookup = lookup !== undefined && lookup !== null;
      if (isLookup) {
        const job = isValueMap(lookup) ? lookup.job : undefined;
        this.#lookups.set(name, typeof job === "string" ? job : undefined);
      }
      values[name] = given ?? (isLookup ? null : (overrides[name] ?? preset ?? null));
    }
    return values;
  }

  /** Applies `presets` and the target's mode to a job, as during deployment. */
  #withPresets(job: ValueMap): ValueMap {
    const development = this.#config.mode === "development";
    const given = this.#interpolation.fill(this.#config.presets);
    const presets = isValueMap(given) ? given : EMPTY;
    let result = job;
    const set = (key: string, value: Value): void => {
      result = withValue(result, key, value, this.#bundle.places);
    };
    const user = "${workspace.current_user.short_name}";
    const prefix = unlessEmpty(presets.name_prefix) ?? (development ? `[dev ${user}] ` : undefined);
    const { name } = job;
    // An unquoted name may be a number.
    if (typeof prefix === "string" && (typeof name === "string" || typeof name === "number"))
      set("name", `${prefix}${name}`);
    const tags = {
      ...(development ? { dev: user } : {}),
      ...(isValueMap(presets.tags) ? presets.tags : {}),
    };
    if (Object.keys(tags).length > 0)
      set("tags", { ...tags, ...(isValueMap(job.tags) ? job.tags : {}) });
    const concurrent =
      unlessEmpty(presets.jobs_max_concurrent_runs) ?? (development ? 4 : undefined);
    if (concurrent !== undefined && unlessEmpty(job.max_concurrent_runs) === undefined)
      set("max_concurrent_runs", concurrent);
    const pause = unlessEmpty(presets.trigger_pause_status) ?? (development ? "PAUSED" : undefined);
    if (pause === "PAUSED") {
      for (const kind of ["schedule", "trigger", "continuous"]) {
        const trigger = job[kind];
        if (isValueMap(trigger) && trigger.pause_status !== "UNPAUSED")
          set(kind, withValue(trigger, "pause_status", pause, this.#bundle.places));
      }
    }
    if (job.run_as === undefined && isValueMap(this.#config.run_as))
      set("run_as", this.#interpolation.fill(this.#config.run_as));
    return result;
  }
}
