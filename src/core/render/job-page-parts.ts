import { environmentPrefix } from "../model/environment-name";
import { type JobSpec, principalName, type TriggerSpec } from "../model/job-spec";
import { printable } from "../model/text";
import { counted } from "../report/check/parts";
import { markdownText, SEVERITY_ICONS } from "../report/markdown-text";
import { type HierarchyJob, type HierarchyTask } from "./hierarchy";
import { conditionsOf, dependencyTexts, whatRuns } from "./task-words";

/** Maximum length of a value; characters. The source has the full value. */
const MAX_VALUE = 500;

const MAX_DESCRIPTION = 10_000;

/** Dependencies and conditions of a task. */
export function whenLines({ spec }: HierarchyTask): string[] {
  const after = dependencyTexts(spec).map((text) => `after ${text}`);
  return [...after, ...conditionsOf(spec)];
}

export function description({ description: text }: JobSpec): string {
  return cut(text ?? "", MAX_DESCRIPTION)
    .split(/\r\n|\r|\n/)
    .map((line) => markdownText(printable(line.trim())))
    .join("\n")
    .replace(/\n{3,}/g, "\n\n");
}

export function parameters({ parameters: declared = [] }: JobSpec): string {
  if (declared.length === 0) return "";
  const rows = declared.map(({ name, default: value }) => [shown(name), shown(value ?? "")]);
  return `## Parameters\n\n${table(["Parameter", "Default"], rows)}`;
}

export function findings({ findings: found }: HierarchyJob): string {
  if (found.length === 0) return "## Findings\n\nThe policy finds nothing.";
  const rows = found.map(({ severity, rule, message, fix }) => [
    SEVERITY_ICONS[severity],
    shown(rule),
    shown(message),
    shown(fix),
  ]);
  return `## Findings\n\n${table(["", "Rule", "What", "Fix"], rows)}`;
}

/** Removes environment prefixes from a name. A target and development mode can each add one. */
export function titleOf({ name = "", key }: Pick<JobSpec, "name" | "key">): string {
  const { environment, rest } = environmentPrefix(name);
  return environment === undefined ? name || key : titleOf({ name: rest, key });
}

/** Owners of a job: from tags, then IS_OWNER. */
export function owners({ tags, owner }: JobSpec): string[] {
  const names = [tags.owner, tags.team, principalName(owner)];
  return [...new Set(names.filter((name) => name !== undefined && name !== ""))] as string[];
}

/** The owner, or else the identity that the job runs as. */
export function ownerCell(spec: JobSpec): string {
  const runAs = principalName(spec.runAs);
  const names = owners(spec).map(shown).join(", ");
  return names !== "" || runAs === undefined ? names : `runs as ${shown(runAs)}`;
}

/** Notifications: the addresses of emails, the number of webhooks. */
export function told({ notifications = [] }: JobSpec): string[] {
  return notifications.map(({ event, channel, count, to }) => {
    const whom = channel === "email" && to !== undefined ? to.join(", ") : counted(count, channel);
    return `${shown(event)}: ${shown(whom)}`;
  });
}

export function trigger({ kind, detail, paused }: TriggerSpec): string {
  return `${kind}${detail === undefined ? "" : `: ${shown(detail)}`}${paused === true ? " (paused)" : ""}`;
}

/** The first line of the description, otherwise a summary of its tasks. */
export function summaryOf({ spec, tasks }: HierarchyJob): string {
  const [first = ""] = (spec.description ?? "").trim().split(/[\r\n]/);
  if (first !== "") return shown(first);
  const [task, ...others] = tasks;
  if (task === undefined) return "";
  if (others.length === 0 && task.runs === undefined) return shown(whatRuns(task.spec));
  const runs = new Set(tasks.flatMap((each) => each.runs ?? [])).size;
  return runs > 0 ? `runs ${counted(runs, "job")}` : counted(tasks.length, "task");
}

export const entries = (map: Readonly<Record<string, string>>): string[] =>
  Object.entries(map).map(([name, value]) => `${shown(name)}: ${shown(value)}`);

export const lines = (cells: readonly string[]): string => cells.join("<br>");

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length).replace(/[\ud800-\udbff]$/, "")}…`;

/** External text in one line. */
export const shown = (text: string): string => markdownText(printable(cut(text, MAX_VALUE)));

/** Quotes a blank name. */
export const nameShown = (name: string): string => shown(name.trim() === "" ? `"${name}"` : name);

export const fence = (language: string, text: string): string =>
  `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [row(head), `|${"---|".repeat(head.length)}`, ...rows.map(row)].join("\n");
}
