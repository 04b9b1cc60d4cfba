import { isSettings, JOB_SCHEMA, type Setting, type Settings } from "@jobstrata/core/model";
import { diffSettings, type PathChange } from "@jobstrata/core/render";
import { type PlatformValue, withoutPlatformValues } from "./platform-defaults";
import { UUID } from "./live-job";
import { filledFrom, fits, isOpenText } from "./settings-walk";

/** What kind of difference a change is. */
export type ChangeKind = "changed" | "paused" | "permissions";

/** A setting that the live job has otherwise than the code. */
export interface Change {
  readonly kind: ChangeKind;
  /** Names of the Jobs API, and keys of what lists hold: `tasks`, `load`, `max_retries`. */
  readonly path: readonly string[];
  /** Absent if the code does not set it. */
  readonly code?: Setting;
  /** Absent if the live job lacks it. */
  readonly live?: Setting;
  readonly shape?: PathChange["shape"];
}

/** A job of the code against the live one. */
export interface Comparison {
  readonly changes: readonly Change[];
  /** What the platform gave the live job, where the code leaves that to it. */
  readonly given: readonly PlatformValue[];
  /** Paths of values of the code that only its deployment knows. */
  readonly open: readonly string[];
}

/** Compared as what it means, or not held by live jobs. */
const SKIPPED: ReadonlySet<string> = new Set(["access_control_list"]);

/**
 * Compares the settings of a job.
 *
 * @param code with texts as the deployment writes them; expressions that only that knows stand for any text
 * @param live as {@link liveSettings} makes them
 * @param creator of the live job, as whom it runs unless somebody says otherwise
 */
export function compareSettings(code: Settings, live: Settings, creator?: string): Comparison {
  const sent = asStored(code);
  const stored = asStored(live);
  const isDefault = sent.run_as === undefined && isCreator(stored.run_as, creator);
  const { run_as: _, ...others } = stored;
  const { settings: set, given } = withoutPlatformValues(sent, isDefault ? others : stored);
  const { settings: filled, open } = filledFrom(sent, set);
  const changes = diffSettings(filled, set, JOB_SCHEMA, SKIPPED).map(
    ({ path, before, after, shape }): Change => ({
      kind: isPause(path) ? "paused" : "changed",
      path,
      ...(before !== undefined && { code: before }),
      ...(after !== undefined && { live: after }),
      ...(shape && { shape }),
    }),
  );
  return { changes, given, open };
}

function isCreator(runAs: Setting | undefined, creator: string | undefined): boolean {
  if (!isSettings(runAs)) return false;
  return creator === undefined || Object.values(runAs).includes(creator.toLowerCase());
}

const isPause = (path: readonly string[]): boolean =>
  path.length === 2 &&
  path[1] === "pause_status" &&
  ["schedule", "trigger", "continuous"].includes(path[0] ?? "");

/** Settings that only Terraform and bundles have; the Jobs API never gives them back. */
const NOT_STORED: ReadonlySet<string> = new Set([
  "always_running",
  "control_run_state",
  "lifecycle",
]);

/** Settings as the service stores them. */
function asStored(settings: Settings): Settings {
  const clean = (value: Setting, holder = ""): Setting => {
    if (Array.isArray(value)) return (value as readonly Setting[]).map((item) => clean(item));
    if (!isSettings(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, each]): [string, Setting][] => {
        // The provider's own, and what the service acts on without giving it back.
        if (name === "provider_config" || name === "apply_policy_default_values") return [];
        if (name === "condition" && holder === "table_update") return [];
        return [[name, clean(each, name)]];
      }),
    );
  };
  const job = Object.entries(settings).filter(([name]) => !NOT_STORED.has(name));
  const result = clean(Object.fromEntries(job)) as Record<string, Setting>;
  if (result.run_as !== undefined) result.run_as = principalOf(result.run_as as Settings);
  if (Array.isArray(result.environments))
    result.environments = (result.environments as readonly Setting[]).map(withVersion);
  return result;
}

/** A user or service principal as the service gives it back: names in small letters, ids of principals under their own name. */
function principalOf(principal: Settings): Settings {
  return Object.fromEntries(
    Object.entries(principal).map(([kind, name]) => {
      if (typeof name !== "string" || kind === "group_name") return [kind, name];
      // Names of variables stay as they are.
      const small = name.replace(/\$\{[^{}]*\}|[A-Z]/g, (part) =>
        part.length === 1 ? part.toLowerCase() : part,
      );
      return [kind === "user_name" && UUID.test(small) ? "service_principal_name" : kind, small];
    }),
  );
}

/** `client` is the old name of `environment_version`; the service gives back either, or both. */
function withVersion(environment: Setting): Setting {
  if (!isSettings(environment) || !isSettings(environment.spec)) return environment;
  const { client, ...spec } = environment.spec;
  if (client === undefined || spec.environment_version !== undefined)
    return { ...environment, spec };
  return { ...environment, spec: { ...spec, environment_version: client } };
}

/** Who may do what with a job, by names such as `user ana@health.example`. */
export type Permissions = ReadonlyMap<string, string>;

/** Levels by principals, of entries of an `access_control_list`. */
export function permissionsIn(entries: readonly Settings[]): Permissions {
  const levels = new Map<string, string[]>();
  for (const { permission_level: level, ...principal } of entries) {
    const [[kind, name] = ["", ""]] = Object.entries(principalOf(principal));
    const who = `${PRINCIPALS[kind] ?? kind} ${typeof name === "string" ? name : ""}`;
    levels.set(who, [...(levels.get(who) ?? []), typeof level === "string" ? level : ""]);
  }
  return new Map([...levels].map(([who, all]) => [who, all.sort().join(", ")]));
}

const PRINCIPALS: Readonly<Record<string, string>> = {
  group_name: "group",
  service_principal_name: "service principal",
  user_name: "user",
};

/**
 * Compares permissions. Every job has an owner: it counts where the code names one. A name that only the deployment knows
 * stands for anyone of that level.
 */
export function comparePermissions(written: Permissions, live: Permissions): Change[] {
  const code = new Map(
    [...written].map(([who, level]): [string, string] => {
      const same = [...live].find(
        ([each, has]) => has === level && !written.has(each) && isOpenText(who) && fits(who, each),
      );
      return [same?.[0] ?? who, level];
    }),
  );
  const hasOwner = [...code.values()].includes("IS_OWNER");
  return [...new Set([...code.keys(), ...live.keys()])].sort().flatMap((who): Change[] => {
    const [wanted, has] = [code.get(who), live.get(who)];
    if (wanted === has) return [];
    // The owner may manage the job, and a deployment does not lower that.
    const isOwner = has === "IS_OWNER";
    if (isOwner && (wanted === "CAN_MANAGE" || (wanted === undefined && !hasOwner))) return [];
    return [
      {
        kind: "permissions",
        path: ["permissions", who],
        ...(wanted !== undefined && { code: wanted }),
        ...(has !== undefined && { live: has }),
      },
    ];
  });
}
