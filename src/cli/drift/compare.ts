import { isSettings, JOB_SCHEMA, type Setting, type Settings } from "@jobstrata/core/model";
import { diffSettings, type PathChange } from "@jobstrata/core/render";
import { type PlatformValue, withoutPlatformValues } from "./platform-defaults";
import { UUID } from "./live-job";
import { filledFrom, fits, isOpenText } from "./settings-walk";

/** Kind of a difference. */
export type ChangeKind = "changed" | "paused" | "permissions";

/** A setting that differs between code and live job. */
export interface Change {
  readonly kind: ChangeKind;
  /** Field names of the Jobs API, and keys of list items: `tasks`, `load`, `max_retries`. */
  readonly path: readonly string[];
  /** Absent if the code does not set it. */
  readonly code?: Setting;
  /** Absent if the live job lacks it. */
  readonly live?: Setting;
  readonly shape?: PathChange["shape"];
}

/** The comparison of a job with its live job. */
export interface Comparison {
  readonly changes: readonly Change[];
  /** Live values that the platform set because the code does not. */
  readonly given: readonly PlatformValue[];
  /** Paths of values that only the deployment knows. */
  readonly open: readonly string[];
}

/** Settings that are compared separately. */
const SKIPPED: ReadonlySet<string> = new Set(["access_control_list"]);

/**
 * Compares a job's settings.
 *
 * @param code settings with texts as deployed; unresolved expressions match any text
 * @param live settings from {@link liveSettings}
 * @param creator the live job's creator, who is the default of `run_as`
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

/** Settings of Terraform and bundles that the Jobs API never returns. */
const NOT_STORED: ReadonlySet<string> = new Set([
  "always_running",
  "control_run_state",
  "lifecycle",
]);

/** Normalizes settings to the form in which the service stores them. */
function asStored(settings: Settings): Settings {
  const clean = (value: Setting, holder = ""): Setting => {
    if (Array.isArray(value)) return (value as readonly Setting[]).map((item) => clean(item));
    if (!isSettings(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, each]): [string, Setting][] => {
        // Used only by the provider, or never returned by the service.
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

/** Normalizes a principal as the service does: lower case, and `service_principal_name` for application ids. */
function principalOf(principal: Settings): Settings {
  return Object.fromEntries(
    Object.entries(principal).map(([kind, name]) => {
      if (typeof name !== "string" || kind === "group_name") return [kind, name];
      // Keep the case of expressions.
      const small = name.replace(/\$\{[^{}]*\}|[A-Z]/g, (part) =>
        part.length === 1 ? part.toLowerCase() : part,
      );
      return [kind === "user_name" && UUID.test(small) ? "service_principal_name" : kind, small];
    }),
  );
}

/** `client` is the former name of `environment_version`; the service returns either or both. */
function withVersion(environment: Setting): Setting {
  if (!isSettings(environment) || !isSettings(environment.spec)) return environment;
  const { client, ...spec } = environment.spec;
  if (client === undefined || spec.environment_version !== undefined)
    return { ...environment, spec };
  return { ...environment, spec: { ...spec, environment_version: client } };
}

/** Permission levels by principal, such as `user ana@health.example`. */
export type Permissions = ReadonlyMap<string, string>;

/** Converts the entries of an `access_control_list`. */
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
 * Compares permissions. Every live job has an owner, which counts only if the code sets one. An unresolved name matches any
 * principal with the same level.
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
    // Ownership includes CAN_MANAGE, and a deployment does not revoke it.
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
