import type { ImportFramework } from "../import-source";
import { className, memberName, unique } from "../names";
import { call, type Code, data, object, raw, statement } from "./code";
import type { ImportedJob, ProjectJobs } from "./jobs";

/** Path of the job's file. */
export const fileOf = ({ layer, key }: ImportedJob): string => `jobs/${layer}/${key}.ts`;

/** Name of the function that adds a job. */
export const functionOf = ({ member }: ImportedJob): string => `add${className(member)}`;

/** The text of `main.ts`: one statement per job, in dependency order. */
export function mainFile(
  framework: ImportFramework,
  jobs: ProjectJobs,
  environments: readonly string[],
  adopts: boolean,
): string {
  const { order, singleStack } = jobs;
  const isNeeded = new Set(order.flatMap((job) => jobs.runs(job)));
  const layers = new Map<string, string>();
  const taken = new Set(order.map(({ member }) => member));
  const lines: string[] = [];
  const helpers = new Set<string>();
  let layer = "";
  for (const job of order) {
    let variable = layers.get(job.layer);
    if (job.layer !== layer && lines.length > 0) lines.push("");
    layer = job.layer;
    if (variable === undefined) {
      variable = unique(memberName(layer), taken, "Layer");
      layers.set(layer, variable);
      lines.push(...linesOf(layerCode(layer, singleStack), `const ${variable}`));
    }
    const stack = raw(`${variable}.${singleStack ? "atomic" : job.level}`);
    const code = jobCode(job, stack, jobs, environments.length, helpers);
    lines.push(...linesOf(code, isNeeded.has(job) ? `const ${job.member}` : undefined));
  }
  const imports = order.map(
    (job) => `import { ${functionOf(job)} } from "./${fileOf(job).replace(/\.ts$/, "")}";`,
  );
  const locals = ["environments", ...helpers].sort();
  return `import { App, JobLayer } from "@jobstrata/${framework}";
${adopts ? 'import { adopt } from "./jobs/adopted";\n' : ""}import { ${locals.join(", ")} } from "./jobs/environments";
${imports.join("\n")}

const app = new App();

for (const environment of environments) {
${lines.join("\n")}
}

${adopts ? "adopt(app);\n\n" : ""}app.synth();
`;
}

function linesOf(code: Code, name?: string): string[] {
  return statement(code, { ...(name !== undefined && { name }), indent: 2 })
    .trimEnd()
    .split("\n");
}

function layerCode(layer: string, singleStack: boolean): Code {
  const options = object([
    { name: "environment", value: raw("environment") },
    ...(singleStack ? [{ name: "singleStack", value: raw("true") }] : []),
  ]);
  return call("new JobLayer", raw("app"), { kind: "text", text: layer }, options);
}

/** The call that adds a job to its stack, in the environments that have it. */
function jobCode(
  job: ImportedJob,
  stack: Code,
  jobs: ProjectJobs,
  environments: number,
  helpers: Set<string>,
): Code {
  const needs = jobs.runs(job).map((each) => {
    const isOptional = each.byEnvironment.size < environments;
    if (isOptional) helpers.add("present");
    return {
      name: each.member,
      value: isOptional ? call("present", raw(each.member)) : raw(each.member),
    };
  });
  const made = call(functionOf(job), stack, ...(needs.length === 0 ? [] : [object(needs)]));
  if (job.byEnvironment.size === environments) return made;
  helpers.add("onlyIn");
  const names = data([...job.byEnvironment.keys()]);
  return call("onlyIn", raw("environment"), names, { kind: "arrow", body: made });
}
