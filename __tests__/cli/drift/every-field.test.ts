/** Every field of a job, changed one by one in the workspace: exactly that is reported. */
import { comparePermissions, compareSettings, permissionsIn } from "../../../src/cli/drift/compare";
import { type LiveJob, liveSettings } from "../../../src/cli/drift/live-job";
import { JOB_SCHEMA, isOfSingleTask, type Shape } from "../../../src/core/model/job-schema";

type Json = Record<string, unknown>;

/** What the service does not give back, by field. */
const NOT_COMPARED =
  /^(?:access_control_list|always_running|control_run_state|lifecycle)\b|\b(?:provider_config|apply_policy_default_values|table_update\.condition)\b/;
interface Field {
  /** Where a change of it is reported: the list, if its items have no keys. */
  readonly reported: string;
  readonly path: readonly (string | number)[];
  readonly shape: Shape;
  readonly value: unknown;
}

/** A job with every field, and its fields. The value of a field is none of its defaults. */
function everyField(): { readonly job: Json; readonly fields: readonly Field[] } {
  const fields: Field[] = [];
  const make = (
    shape: Shape,
    path: readonly (string | number)[],
    reported: readonly string[],
    isWhole: boolean,
  ): unknown => {
    const leaf = (value: unknown): unknown => {
      fields.push({ reported: reported.join("."), path, shape, value });
      return value;
    };
    const at = (name: string): readonly string[] => (isWhole ? reported : [...reported, name]);
    switch (shape.kind) {
      case "string":
        if (shape.isPath === true) return leaf("/Volumes/main/a/b");
        return leaf(shape.isJson === true ? '["a"]' : "one");
      case "number":
        return leaf(7);
      case "boolean":
        return leaf(shape.default !== true);
      case "map":
        return { one: make({ kind: "string" }, [...path, "one"], at("one"), isWhole) };
      case "strings":
        return leaf(["/Volumes/a", "/Volumes/b"]);
      case "any":
        return { one: make({ kind: "string" }, [...path, "one"], at("one"), isWhole) };
      case "object":
        return Object.fromEntries(
          Object.entries(shape.fields)
            .filter(([name]) => !(path.length === 0 && isOfSingleTask(name)))
            // The old name of environment_version.
            .filter(([name]) => name !== "client")
            .map(([name, field]) => [name, make(field, [...path, name], at(name), isWhole)]),
        );
      case "list": {
        const { key, of } = shape;
        const inner: Shape = {
          ...of,
          fields: Object.fromEntries(Object.entries(of.fields).filter(([name]) => name !== key)),
        };
        const isPart = isWhole || key === undefined;
        const item = make(inner, [...path, 0], isPart ? reported : [...reported, "item"], isPart);
        return [key === undefined ? item : { ...(item as Json), [key]: "item" }];
      }
    }
  };
  const job = make(JOB_SCHEMA, [], [], false) as Json;
  return { job, fields };
}

const other = ({ value, shape }: Field): unknown => {
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  if (typeof value !== "string") return [...(value as string[]), "/Volumes/c"];
  return shape.kind === "string" && shape.isJson === true ? '["b"]' : `${value}2`;
};

/** A copy in which a field is another, or is not there. */
function changed(job: Json, path: readonly (string | number)[], value?: unknown): Json {
  const copy = structuredClone(job);
  let holder = copy as Record<string | number, unknown>;
  for (const name of path.slice(0, -1)) holder = holder[name] as Record<string | number, unknown>;
  const last = path.at(-1) ?? "";
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else holder[last] = value;
  return copy;
}

/** The part of the job that a field is in: a whole job for each field would take minutes. */
function partOf(job: Json, path: readonly (string | number)[]): Json {
  const [first = "", , name = "", , inner = ""] = path;
  if (first !== "tasks") return { [first]: job[first] };
  const only = (task: Json, field: string | number): Json => ({
    ...(task.task_key !== undefined && { task_key: task.task_key }),
    run_if: task.run_if,
    [field]: task[field],
  });
  const task = only((job.tasks as Json[])[0] ?? {}, name);
  const loop = task.for_each_task as Json | undefined;
  if (path[3] !== "task" || loop === undefined) return { tasks: [task] };
  return {
    tasks: [{ ...task, for_each_task: { ...loop, task: only(loop.task as Json, inner) } }],
  };
}

const live = (settings: Json): LiveJob => ({
  job_id: 1,
  creator_user_name: "ana@health.example",
  settings: settings,
});
const differences = (code: Json, now: Json): string[] => {
  const [written, stored] = [code, now].map((each) => liveSettings(live(each), true));
  const found = compareSettings(written ?? {}, stored ?? {}, "ana@health.example");
  return [...found.changes, ...found.given].map(({ path }) => path.join("."));
};
const clusterOf = (more: Json): Json => {
  const cluster = { spark_version: "16.4.x", policy_id: "abc", num_workers: 1, ...more };
  return { job_clusters: [{ job_cluster_key: "main", new_cluster: cluster }] };
};

/** A block that has nothing else is reported as a whole. */
const isReported = (found: readonly string[], reported: string): boolean =>
  found.length === 1 &&
  (found[0] === reported || found[0] === reported.split(".").slice(0, -1).join("."));

describe("a job with every field", () => {
  const { job, fields } = everyField();
  const isCompared = ({ path }: Field): boolean => !NOT_COMPARED.test(path.join("."));
  const compared = fields.filter(isCompared);

  it("equals itself", () => {
    expect(compared.length).toBeGreaterThan(400);
    expect(differences(job, job)).toEqual([]);
  });

  it("shows each field that is other in the workspace, and nothing else", () => {
    const now = fields.reduce((copy, field) => changed(copy, field.path, other(field)), job);
    const expected = new Set(compared.map(({ reported }) => reported));
    // A continuous job does not queue.
    expected.delete("queue.enabled");
    // Both of its fields are the defaults then.
    const blocks = [...expected].filter((path) => path.includes("workload_type.clients."));
    for (const path of blocks) {
      expected.delete(path);
      expected.add(path.replace(/\.\w+$/, ""));
    }
    expect(new Set(differences(job, now))).toEqual(expected);
  });

  it("shows exactly one field that is other in the workspace", () => {
    const wrong = compared.flatMap((field) => {
      const part = partOf(job, field.path);
      const found = differences(part, changed(part, field.path, other(field)));
      return found.length === 1 && found[0] === field.reported
        ? []
        : [{ field: field.path.join("."), found }];
    });
    expect(wrong).toEqual([]);
  });

  it.each(["code", "workspace"])("shows exactly the field that only the %s has", (side) => {
    const wrong = compared.flatMap(({ path, reported }) => {
      const part = partOf(job, path);
      const without = changed(part, path);
      const found = side === "code" ? differences(part, without) : differences(without, part);
      return isReported(found, reported) ? [] : [{ path: path.join("."), found }];
    });
    expect(wrong).toEqual([]);
  });

  it.each<[what: string, code: Json, now: Json]>([
    [
      "a policy gives",
      clusterOf({}),
      clusterOf({ custom_tags: { cost: "a" }, spark_conf: { b: "c" } }),
    ],
    [
      "a policy adds",
      clusterOf({ custom_tags: { own: "a" } }),
      clusterOf({ custom_tags: { own: "a", cost: "b" } }),
    ],
    [
      "the service writes in small letters",
      { run_as: { user_name: "Ana@Health.example" } },
      { run_as: { user_name: "ana@health.example" } },
    ],
  ])("shows nothing that %s", (_, code, now) => {
    const [written, stored] = [code, now].map((each) => liveSettings(live(each), true));
    expect(compareSettings(written ?? {}, stored ?? {}).changes).toEqual([]);
  });

  it("shows what somebody changes beside what a policy gives", () => {
    const code = clusterOf({ custom_tags: { own: "a" } });
    const now = clusterOf({ custom_tags: { own: "b", cost: "c" } });
    expect(differences(code, now).sort()).toEqual([
      "job_clusters.main.new_cluster.custom_tags.cost",
      "job_clusters.main.new_cluster.custom_tags.own",
    ]);
  });

  it("takes users and service principals as the service names them", () => {
    const id = "0c6b2d0e-6d0e-4a53-9a3b-0a3b5b1f0a11";
    const [written, stored] = [
      [{ user_name: "Bob@${var.Domain}" }, { user_name: id.toUpperCase() }, { group_name: "Ops" }],
      [{ user_name: "bob@x.example" }, { service_principal_name: id }, { group_name: "ops" }],
    ].map((all) => permissionsIn(all.map((who) => ({ ...who, permission_level: "CAN_VIEW" }))));
    const changes = comparePermissions(written ?? new Map(), stored ?? new Map());
    expect(changes.map(({ path }) => path.at(-1))).toEqual(["group Ops", "group ops"]);
  });

  it("shows nothing for what the service does not give back", () => {
    const left = fields.filter((field) => !isCompared(field));
    expect(left.length).toBeGreaterThan(5);
    const shown = left.flatMap((field) => {
      const part = partOf(job, field.path);
      return differences(part, changed(part, field.path, other(field)));
    });
    expect(shown).toEqual([]);
  });
});
