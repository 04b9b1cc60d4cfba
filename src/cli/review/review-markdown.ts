import { type CheckedFinding, printable } from "@jobstrata/core/model";
import { codeSpan, countChanges, diffMarkdown, summaryOf } from "@jobstrata/core/render";
import {
  countBySeverity,
  counted,
  findingsTable,
  markdownText,
  SEVERITY_ICONS,
} from "@jobstrata/core/report";
import { JOB_STATES } from "../changed/document";
import type { PlanAction, PlanSummary } from "./plan";
import type { AffectedJob, Review } from "./review";

/** GitHub limits comments to 65,536 characters. Counting bytes is simpler and never less strict. */
const MAX_COMMENT_BYTES = 65_000;
/** Byte limits of sections of variable length. The hierarchy gets the rest, at least a third. */
const MAX_FINDINGS = 18_000;
const MAX_FIXED = 4000;
const MAX_AFFECTED = 8000;
const MAX_PLANS = 10_000;
/** Maximum reasons shown per job. */
const MAX_REASONS = 3;

/** A review as a comment on a pull request. */
export function reviewMarkdown(review: Review, maxBytes = MAX_COMMENT_BYTES): string {
  const head = [`### ${title(review)}`, ...notesOf(review)].join("\n");
  const others = [
    section(findingsLines(review), MAX_FINDINGS + MAX_FIXED),
    section(affectedLines(review), MAX_AFFECTED),
    section(planLines(review.plans), MAX_PLANS),
  ];
  const used = bytesOf([head, ...others].join("\n\n"));
  const hierarchy = hierarchyText(review, maxBytes - used - 100);
  return [head, hierarchy, ...others].filter((text) => text !== "").join("\n\n");
}

/** Whether the review has anything to report. */
export function isNews({ hierarchy, affected, findings, plans, problems }: Review): boolean {
  return (
    hierarchy.some(({ jobs, change }) => jobs.length > 0 || change !== undefined) ||
    affected.length > 0 ||
    findings.added.length > 0 ||
    findings.fixed.length > 0 ||
    findings.report.incomplete ||
    problems.length > 0 ||
    plans.some(({ changes, problem }) => changes.length > 0 || problem !== undefined)
  );
}

/** `jobstrata: 2 jobs changed, 1 error`. */
function title(review: Review): string {
  const { name, since, hierarchy, affected, findings } = review;
  const { fixed, known } = findings;
  const run = affected.filter(({ state }) => state === "downstream").length;
  const code = affected.length - run;
  const parts = [
    ...(since === undefined
      ? []
      : [
          hierarchy.some(({ jobs }) => jobs.length > 0) || code === 0
            ? summaryOf(countChanges(hierarchy))
            : `${counted(code, "job")} changed`,
        ]),
    ...newFindings(review),
    ...(fixed.length > 0 ? [`${fixed.length} fixed`] : []),
    ...(known > 0 ? [`${known} known`] : []),
  ];
  const of = name === "" ? "" : ` ${codeSpan(name)}`;
  return `jobstrata${of}: ${parts.join(", ")}`;
}

/** `2 new errors`, `1 new warning`. */
function newFindings({ since, findings: { report, added } }: Review): string[] {
  const fresh = since === undefined ? "" : "new ";
  if (added.length === 0) return [`no ${fresh}findings`];
  const { error, warning, info } = countBySeverity({ ...report, findings: added });
  const parts = [
    [error, "error"],
    [warning, "warning"],
    [info, "note"],
  ] as const;
  return parts.flatMap(([count, what]) => (count === 0 ? [] : [counted(count, `${fresh}${what}`)]));
}

function notesOf({ problems, findings }: Review): string[] {
  const notes = [
    ...(findings.report.incomplete
      ? ["**The check is incomplete: some sources could not be checked.**"]
      : []),
    ...problems.slice(0, 10).map((each) => sentence(each)),
    ...(problems.length > 10 ? [`… and ${problems.length - 10} more.`] : []),
  ];
  return notes.length === 0 ? [] : ["", ...notes.map((note) => `> ⚠️ ${note}  `)];
}

const sentence = (text: string): string =>
  markdownText(printable(text.charAt(0).toUpperCase() + text.slice(1, 500)));

function hierarchyText({ since, hierarchy }: Review, maxBytes: number): string {
  if (since === undefined || hierarchy.length === 0) return "";
  return diffMarkdown(hierarchy, { since, heading: "#### Hierarchy", maxBytes });
}

function findingsLines({ since, findings }: Review): string[] {
  const { report, added, fixed, known } = findings;
  const { rows, leftOut } = findingsTable(
    { ...report, findings: added },
    { maxCharacters: MAX_FINDINGS / 2 },
  );
  const lines = [
    `#### ${added.length === 0 ? "No" : added.length}${since === undefined ? "" : " new"} ${added.length === 1 ? "finding" : "findings"}${fixed.length > 0 ? `, ${fixed.length} fixed` : ""}`,
  ];
  if (rows.length > 0) lines.push("", ...rows);
  if (leftOut > 0)
    lines.push("", `… and ${leftOut} more that do not fit into a comment; the check prints all.`);
  if (fixed.length > 0)
    lines.push(
      "",
      ...folded(
        `${counted(fixed.length, "finding")} fixed`,
        bounded(fixed.map(fixedLine), MAX_FIXED),
      ),
    );
  if (known > 0) lines.push("", `${counted(known, "finding")} already existed.`);
  return lines;
}

function fixedLine({ rule, message, severity }: CheckedFinding): string {
  return `- ${SEVERITY_ICONS[severity]} ${markdownText(rule)}: ${markdownText(printable(message))}`;
}

const STATES = {
  new: "new",
  modified: "changed",
  downstream: "affected",
  removed: "removed",
} as const;
function affectedLines({ since, affected, jobs, stacks, testCommand }: Review): string[] {
  const run = affected.filter(({ state }) => state !== "removed");
  if (since === undefined || affected.length === 0) return [];
  const rows = [...affected]
    .sort((a, b) => JOB_STATES.indexOf(a.state) - JOB_STATES.indexOf(b.state))
    .map(affectedRow);
  const lines = [
    `#### Would run: ${run.length} of ${counted(jobs, "job")}`,
    "",
    "| Job | | Why |",
    "|---|---|---|",
    ...bounded(rows, MAX_AFFECTED / 2),
  ];
  const body =
    rows.length > 10 ? [lines[0] ?? "", "", ...folded("All jobs", lines.slice(1))] : lines;
  if (stacks.length > 0) {
    const shown = stacks.slice(0, 20).map(codeSpan).join(", ");
    body.push("", `Stacks: ${shown}${stacks.length > 20 ? ` and ${stacks.length - 20} more` : ""}`);
  }
  if (testCommand !== undefined && run.length > 0)
    body.push("", `To test them: ${codeSpan(testCommand)}`);
  return body;
}

function affectedRow({ job, state, environments, reasons }: AffectedJob): string {
  const where = environments.length === 0 ? "" : ` (${environments.join(", ")})`;
  const why = reasons.slice(0, MAX_REASONS).map((reason) => cell(reason));
  if (reasons.length > MAX_REASONS) why.push(`and ${reasons.length - MAX_REASONS} more`);
  return `| ${cell(`${job}${where}`)} | ${STATES[state]} | ${why.join("<br>")} |`;
}

const cell = (text: string): string => markdownText(printable(text.slice(0, 300)));

/** Terraform's terms. */
const MARKS: Readonly<Record<PlanAction, string>> = {
  create: "➕ create",
  update: "✏️ change",
  replace: "⚠️ **replace**",
  delete: "⚠️ **destroy**",
  forget: "forget",
  import: "import",
  move: "move",
};

function planLines(plans: readonly PlanSummary[]): string[] {
  return plans.flatMap(({ file, changes, counts, jobs, problem }, at) => {
    const { create, update, replace, delete: destroy, forget, import: imported, move } = counts;
    const parts = [
      [create, "to create"],
      [update, "to change"],
      [replace, "to replace"],
      [destroy, "to destroy"],
      [forget, "to forget"],
      [imported, "to import"],
      [move, "to move"],
    ].flatMap(([count, what]) => (count === 0 ? [] : [`${count ?? 0} ${what ?? ""}`]));
    const room = MAX_PLANS / plans.length;
    return [
      ...(at > 0 ? [""] : []),
      `#### Plan ${codeSpan(file)}: ${parts.join(", ") || "no changes"}`,
      ...(problem === undefined ? [] : ["", `> ⚠️ The plan is incomplete: ${problem}.`]),
      ...(changes.length === 0
        ? []
        : [
            "",
            ...bounded(
              changes.map(
                ({ address, action, from }) =>
                  `- ${MARKS[action]} ${codeSpan(address)}${from === undefined ? "" : `, moved from ${codeSpan(from)}`}`,
              ),
              room / 2,
            ),
          ]),
      ...(jobs.length === 0
        ? []
        : ["", diffMarkdown(jobs, { ...PLAN_JOBS, maxBytes: Math.max(1000, room / 2) })]),
    ];
  });
}

const PLAN_JOBS = { since: "the state", heading: "Jobs of the plan", drawing: false } as const;

/** The lines that fit, followed by the number of omitted ones. */
function bounded(lines: readonly string[], maxBytes: number): string[] {
  const kept: string[] = [];
  let room = maxBytes;
  for (const line of lines) {
    room -= bytesOf(line) + 1;
    if (room < 0) {
      const left = lines.length - kept.length;
      // In a table, this must be a row, too.
      return [
        ...kept,
        line.startsWith("|") ? `| … and ${left} more | | |` : `- … and ${left} more`,
      ];
    }
    kept.push(line);
  }
  return kept;
}

const folded = (what: string, lines: readonly string[]): string[] => [
  `<details><summary>${what}</summary>`,
  "",
  ...lines,
  "",
  "</details>",
];

/** Omits a section that is still too long, which takes a single oversized line. */
function section(lines: readonly string[], maxBytes: number): string {
  const text = lines.join("\n");
  if (bytesOf(text) <= maxBytes) return text;
  return `${lines[0] ?? ""}\n\n… omitted because it does not fit into a comment.`;
}

const bytesOf = (text: string): number => Buffer.byteLength(text);
