import { readFileSync, writeFileSync } from "node:fs";
import { App, AtomicJob } from "@jobstrata/cdktf";
import type { TerraformResource } from "cdktf";
import { alertingLayer, notebook } from "../support/alerting";
import { makeEverything } from "../support/everything";
import { FIELDS, LEFT_OUT } from "../support/fields";
import { terraformKeys } from "../support/provider-schema";
import { type Attributes, freshFolder, synthesize } from "../support/synth";

const DOC = "docs/fields.md";

/** Every field of `databricks_job` that is a value, not a block; of a map, its name. */
const SCHEMA = [...terraformKeys("job.JobConfig")]
  .filter(
    (path, _at, all) => !all.some((other) => other.startsWith(`${path}.`) && other !== `${path}.*`),
  )
  .filter((path) => !path.endsWith(".*"))
  .sort();

/** Why a field has no prop, if it has none: the reason of its longest prefix. */
function reasonOf(path: string): string | undefined {
  const [reason] = Object.entries(LEFT_OUT)
    .filter(([prefix]) => path === prefix || path.startsWith(`${prefix}.`))
    .sort(([a], [b]) => b.length - a.length);
  return reason?.[1];
}

/** The fields that have a value in some job of an app that uses every prop. */
function used(): ReadonlySet<string> {
  const { stacks } = synthesize(makeEverything);
  const found = new Set<string>();
  const known = new Set(SCHEMA);
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value) && !known.has(path)) for (const item of value) walk(item, path);
    else if (typeof value === "object" && value !== null && !known.has(path)) {
      for (const [key, item] of Object.entries(value as Attributes))
        if (key !== "//") walk(item, path === "" ? key : `${path}.${key}`);
    } else found.add(path);
  };
  for (const { resource } of Object.values(stacks))
    for (const job of Object.values(resource?.databricks_job ?? {})) walk(job, "");
  return found;
}

/** The page of the documentation. */
function page(): string {
  const rows = Object.entries(FIELDS).map(([path, prop]) => `| \`${path}\` | \`${prop}\` |`);
  const reasons = Object.entries(LEFT_OUT).map(([path, reason]) => `| \`${path}\` | ${reason} |`);
  return `# Fields of a job

How props map to fields of the Terraform resource \`databricks_job\`. A test generates this page from the provider's schema and fails
if a field has neither a prop nor a reason for having none.

Props have the names of the Jobs API in camelCase. Use an override for a field without a prop:
\`job.addTaskOverride(taskKey, path, value)\` for a task, at whatever position in the list, and
\`(job.node.defaultChild as TerraformResource).addOverride(path, value)\` for the job. A path that the provider does not know is an
error.

| field | prop |
| --- | --- |
${rows.join("\n")}

## Fields without a prop

Of a field that ends with a block, all fields in it are meant.

| field | why |
| --- | --- |
${reasons.join("\n")}
`;
}

test("the schema of the provider is read", () => {
  expect(SCHEMA.length).toBeGreaterThan(600);
  expect(SCHEMA).toContain("task.notebook_task.notebook_path");
});

test("every field has a prop or a reason", () => {
  expect(
    SCHEMA.filter((path) => FIELDS[path] === undefined && reasonOf(path) === undefined),
  ).toEqual([]);
});

test("no field has both, and every field exists", () => {
  expect(Object.keys(FIELDS).filter((path) => reasonOf(path) !== undefined)).toEqual([]);
  expect(Object.keys(FIELDS).filter((path) => !SCHEMA.includes(path))).toEqual([]);
  expect(
    Object.keys(LEFT_OUT).filter(
      (prefix) => !SCHEMA.some((path) => path === prefix || path.startsWith(`${prefix}.`)),
    ),
  ).toEqual([]);
});

test("every prop sets its field", () => {
  expect([...used()].sort()).toEqual(Object.keys(FIELDS).sort());
});

test("an override can set every field, and no other", () => {
  const app = new App({ outdir: freshFolder() });
  const job = new AtomicJob(alertingLayer(app).atomic, "alerting_tables_job", {
    purpose: "tables",
    notebook: notebook("tables"),
  });
  const resource = job.node.defaultChild as TerraformResource;
  for (const path of SCHEMA) {
    resource.addOverride(path, "x");
    const wrong = `${path.replace(/[^.]+$/, "")}nonsense`;
    expect(() => {
      resource.addOverride(wrong, "x");
    }).toThrow('sets "nonsense"');
  }
});

test(`${DOC} is up to date (UPDATE_DOCS=1 writes it)`, () => {
  if (process.env.UPDATE_DOCS === "1") writeFileSync(DOC, page());
  const words = (text: string): string => text.replace(/[ -]+/g, " ");
  expect(words(readFileSync(DOC, "utf8"))).toBe(words(page()));
});
