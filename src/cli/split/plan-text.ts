import { formatLocation, printable } from "@jobstrata/core/model";
import type { AtomicPart, CompositePart, SplitPlan, SplitRefusal } from "@jobstrata/core/split";
import { counted, type Style } from "@jobstrata/core/report";

/** The plan for a terminal. Environments with the same plan share one section. */
export function planText(
  plans: readonly SplitPlan[],
  refusals: readonly SplitRefusal[],
  style: Style,
): string {
  const sections = new Map<string, string[]>();
  for (const plan of plans) {
    if (plan.composites.length === 0 && plan.notes.length === 0) continue;
    const text = partsOf(plan, style).join("\n");
    const names = sections.get(text);
    if (names === undefined) sections.set(text, [plan.environment]);
    else names.push(plan.environment);
  }
  const lines = [...sections].flatMap(([text, names]) => [
    `${style.strong(printable(names.join(", ")))}:`,
    text,
  ]);
  return [...lines, ...refusalLines(refusals, style)].join("\n");
}

function partsOf(plan: SplitPlan, style: Style): string[] {
  const { branch, last, arrow } = style.marks;
  const details = new Map(plan.atomics.map((part) => [part.key, detail(part)]));
  const lines = plan.composites.flatMap((part) => {
    const tasks = part.tasks.map(({ task, target }, at) => {
      const mark = at === part.tasks.length - 1 ? last : branch;
      return `    ${mark}${printable(task.taskKey)} ${arrow} ${printable(target)}${details.get(target) ?? ""}`;
    });
    return [`  ${printable(part.job.key)}: ${levelText(part)}`, ...tasks];
  });
  for (const { job, message } of plan.notes)
    lines.push(`  ${style.busy("note")}: ${printable(job.key)}: ${printable(message)}`);
  const { before, after } = plan.clusters;
  if (after > before) {
    lines.push(
      `  ${style.busy("note")}: tasks that shared a job cluster start their own: ${counted(after, "cluster")} instead of ${before}; --keep-cluster-groups leaves them together`,
    );
  }
  return lines;
}

function levelText({ level, tasks }: CompositePart): string {
  const jobs = counted(new Set(tasks.map(({ target }) => target)).size, "atomic job");
  return level === undefined ? `keeps code beside ${jobs}` : `${level} of ${jobs}`;
}

function detail(part: AtomicPart): string {
  const said = [...partDetails(part)];
  return said.length === 0 ? "" : ` (${said.map(printable).join("; ")})`;
}

function* partDetails(part: AtomicPart) {
  if (part.existing !== undefined) yield "it is there already";
  const handed = part.parameters.filter(({ isDeclared }) => isDeclared !== true);
  if (handed.length > 0) yield `gets ${handed.map(({ name }) => name).join(", ")}`;
  const users = new Set(part.uses.map(({ job }) => job.key));
  if (users.size > 1) yield `run by ${users.size} jobs`;
  if (part.environment !== undefined)
    yield `environment_version ${part.environment.version} is added`;
}

/** Each refused job with its reasons. */
function refusalLines(refusals: readonly SplitRefusal[], style: Style): string[] {
  return refusals.map(({ job, code, message, fix }) => {
    const place = job.source === undefined ? "" : `${printable(formatLocation(job.source))}: `;
    return `${place}${style.bad("refused")}: ${printable(message)}; ${printable(fix)} (${code})`;
  });
}

/** The plan as JSON. */
export function planJson(plans: readonly SplitPlan[], refusals: readonly SplitRefusal[]): object {
  return {
    environments: plans.map((plan) => ({
      environment: plan.environment,
      composites: plan.composites.map(({ job, level, tasks, settings }) => ({
        key: job.key,
        level: level ?? null,
        tasks: tasks.map(({ task, target, passed }) => ({
          task_key: task.taskKey,
          job: target,
          passes: [...passed.keys()],
        })),
        settings,
      })),
      atomics: plan.atomics.map(({ key, existing, uses, settings }) => ({
        key,
        is_new: existing === undefined,
        run_by: [...new Set(uses.map(({ job }) => job.key))],
        settings,
      })),
      notes: plan.notes.map(({ job, message }) => ({ job: job.key, message })),
      clusters: plan.clusters,
    })),
    refusals: refusals.map(({ job, code, taskKey, message, fix }) => ({
      job: job.key,
      code,
      ...(taskKey !== undefined && { task_key: taskKey }),
      message,
      fix,
    })),
  };
}

/** One line that summarizes what was or would be done. */
export function summaryText(plans: readonly SplitPlan[], refused: number): string {
  const split = new Set(plans.flatMap(({ composites }) => composites.map(({ job }) => job.key)));
  const made = new Set(
    plans.flatMap(({ atomics }) =>
      atomics.filter(({ existing }) => existing === undefined).map(({ key }) => key),
    ),
  );
  const parts = [
    `${counted(split.size, "job")} split into ${counted(made.size, "new atomic job")}`,
  ];
  if (refused > 0) parts.push(`${counted(refused, "job")} refused`);
  return `${parts.join(", ")}.`;
}
