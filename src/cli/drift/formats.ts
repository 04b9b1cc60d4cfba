import {
  type CheckedFinding,
  type CheckReport,
  formatLocation,
  printable,
  quote,
  type Severity,
} from "@jobstrata/core/model";
import {
  checkGithub,
  checkSarif,
  counted,
  junitXml,
  markdownText,
  PLAIN,
  SEVERITY_ICONS,
  type Style,
  type TestCase,
} from "@jobstrata/core/report";
import { hashOf } from "@jobstrata/core/readers";
import {
  countsOf,
  DRIFT_KINDS,
  type DriftFinding,
  type DriftJob,
  type DriftKind,
  type DriftReport,
  labels,
} from "./report";
import { driftJson } from "./json";
import { changeText, givenText } from "./words";

/** Options for writing a report. */
interface FormatOptions {
  /** Terminal style. @default - no colours */
  readonly style?: Style;
  /** Whether to also list equal jobs and values set by the platform. @default false */
  readonly all?: boolean;
}

export type DriftFormat = "text" | "json" | "sarif" | "junit" | "github" | "markdown";

/** Writers by format. */
export const DRIFT_FORMATS: Readonly<
  Record<DriftFormat, (report: DriftReport, options: FormatOptions) => string>
> = {
  text: driftText,
  json: driftJson,
  sarif: (report) => checkSarif(asCheck(report)),
  junit: driftJunit,
  github: (report) => checkGithub(asCheck(report)),
  markdown: driftMarkdown,
};

/** Severity, meaning and fix of each kind. */
export const KINDS: Readonly<
  Record<DriftKind, { readonly severity: Severity; readonly summary: string; readonly fix: string }>
> = {
  missing: {
    severity: "error",
    summary: "A job of the code is not in the workspace.",
    fix: "deploy it, or remove it from the code",
  },
  changed: {
    severity: "error",
    summary: "A live job differs from the code.",
    fix: "deploy again, or accept the live value with --accept",
  },
  permissions: {
    severity: "error",
    summary: "Permissions of a live job differ from the code.",
    fix: "deploy again, or add them to the code",
  },
  paused: {
    severity: "warning",
    summary: "The pause status of a trigger differs from the code.",
    fix: "deploy again, or accept it with --accept",
  },
  orphan: {
    severity: "warning",
    summary: "A live job looks like one of the code, but no state has it.",
    fix: "delete it, or import it into the state",
  },
  duplicate: {
    severity: "warning",
    summary: "Several live jobs have the name of a job of the code.",
    fix: "rename or delete all but one",
  },
  reference: {
    severity: "error",
    summary: "A job runs a job that does not exist.",
    fix: "refer to a job of the code, or to an id that exists",
  },
  unmanaged: {
    severity: "info",
    summary: "A live job that no code manages.",
    fix: "import it with jobstrata import --source workspace, or delete it",
  },
};

function missingText({ note }: DriftJob): string {
  return `not in the workspace${note === undefined ? "" : `: ${note}`}`;
}

const WORDS: Readonly<Partial<Record<DriftKind, readonly [one: string, many: string]>>> = {
  permissions: ["with other permissions", "with other permissions"],
  orphan: ["orphan", "orphans"],
  duplicate: ["duplicate", "duplicates"],
  reference: ["broken reference", "broken references"],
};

function summary(report: DriftReport): string {
  const counts = countsOf(report);
  const total = report.jobs.length;
  const equal = report.jobs.filter(({ kinds }) => kinds.length === 0).length;
  const parts = [
    ...DRIFT_KINDS.filter((kind) => counts[kind] > 0 && kind !== "unmanaged").map(
      (kind) => `${counts[kind]} ${WORDS[kind]?.[counts[kind] === 1 ? 0 : 1] ?? kind}`,
    ),
  ];
  const of = `${equal} of ${counted(total, "job")} equal`;
  return parts.length === 0 ? of : `${of}; ${parts.join(", ")}`;
}

function aside(report: DriftReport): string {
  const { unmanaged } = countsOf(report);
  const hidden = report.jobs.filter(({ isHidden }) => isHidden === true).length;
  const open = report.jobs.reduce((sum, job) => sum + job.open.length, 0);
  return [
    counted(report.live, "live job"),
    ...(unmanaged > 0 ? [`${unmanaged} that no code manages`] : []),
    ...(report.elsewhere > 0 ? [`${report.elsewhere} of other environments of this code`] : []),
    ...(open > 0
      ? [
          `${counted(open, "value")} not compared, as only the deployment knows ${open === 1 ? "it" : "them"}`,
        ]
      : []),
    ...(hidden > 0 ? [`no access to the permissions of ${counted(hidden, "job")}`] : []),
    ...(report.problems.length > 0 ? ["a part of the code could not be read"] : []),
  ].join("; ");
}

/** The report for a terminal. */
function driftText(report: DriftReport, { style = PLAIN, all = false }: FormatOptions): string {
  const { good, bad, busy, faint, strong } = style;
  const labelOf = labels(report);
  const lines = [
    `${strong(printable(report.target))} at ${printable(report.host)}: ${summary(report)}`,
  ];
  for (const job of report.jobs) {
    const { key, jobId, kinds, changes, given, location, matchedBy } = job;
    if (kinds.length === 0 && !all) continue;
    const at = [
      ...(jobId === undefined ? [] : [`job ${jobId}`]),
      ...(matchedBy === undefined || matchedBy === "state" ? [] : [`found by its ${matchedBy}`]),
      ...(location === undefined ? [] : [printable(formatLocation(location))]),
    ].join(", ");
    const head = `${printable(key)}${at === "" ? "" : faint(` (${at})`)}`;
    if (kinds.includes("missing")) lines.push(`  ${bad("-")} ${head}: ${missingText(job)}`);
    else if (kinds.length === 0) lines.push(`  ${good("=")} ${head}`);
    else lines.push(`  ${busy("~")} ${head}`);
    lines.push(...changes.map((change) => `      ${changeText(change, labelOf)}`));
    if (all) lines.push(...given.map((each) => `      ${faint(givenText(each))}`));
  }
  for (const each of report.findings)
    lines.push(`  ${each.kind === "unmanaged" ? faint("?") : bad("!")} ${findingText(each)}`);
  lines.push(faint(aside(report)));
  return lines.join("\n");
}

function findingText({
  kind,
  jobId,
  name,
  text,
  creator,
  created,
  location,
}: DriftFinding): string {
  const who = creator === undefined ? "" : ` by ${printable(creator)}`;
  const when = created === undefined ? "" : ` on ${new Date(created).toISOString().slice(0, 10)}`;
  const made = who === "" && when === "" ? "" : `, created${who}${when}`;
  const at = location === undefined ? "" : ` (${printable(formatLocation(location))})`;
  const job = jobId === "" ? quote(name) : `job ${jobId} ${quote(name)}`;
  return `${kind}: ${job}${made}: ${printable(text)}${at}`;
}

/** JUnit test cases: one for reading the code, one per job of the code, and one per kind of finding. */
function driftJunit(report: DriftReport): string {
  const { failOn } = report;
  const labelOf = labels(report);
  const jobs = report.jobs.map((job): TestCase => {
    const failing = job.kinds.filter((kind) => failOn.has(kind));
    const said = [
      ...(job.kinds.includes("missing") ? [missingText(job)] : []),
      ...job.changes
        .filter(({ kind }) => failOn.has(kind))
        .map((each) => changeText(each, labelOf)),
    ];
    return {
      name: printable(job.key),
      group: "jobs",
      outcome: failing.length > 0 ? "failed" : "passed",
      durationMs: 0,
      ...(failing.length > 0 && { reason: [failing.join(", "), ...said] }),
    };
  });
  const kinds = (["orphan", "duplicate", "reference", "unmanaged"] as const).map(
    (kind): TestCase => {
      const found = report.findings.filter((each) => each.kind === kind);
      const isFailed = failOn.has(kind) && found.length > 0;
      return {
        name: kind,
        group: "workspace",
        outcome: isFailed ? "failed" : "passed",
        durationMs: 0,
        ...(isFailed && { reason: [counted(found.length, "job"), ...found.map(findingText)] }),
      };
    },
  );
  const unread = report.problems.map(({ message, location }) =>
    printable(`${location === undefined ? "" : `${formatLocation(location)}: `}${message}`),
  );
  const code: TestCase = {
    name: "code",
    group: "source",
    outcome: unread.length > 0 ? "failed" : "passed",
    durationMs: 0,
    ...(unread.length > 0 && { reason: ["a part of the code could not be read", ...unread] }),
  };
  return junitXml(`jobstrata drift ${printable(report.target)}`, [code, ...jobs, ...kinds]);
}

/** GitHub limits comments to 65,536 characters. */
const MAX_ROWS = 100;
const MAX_CHARACTERS = 60_000;

function driftMarkdown(report: DriftReport): string {
  const labelOf = labels(report);
  const rows = [
    ...report.jobs.flatMap((job) => [
      ...(job.kinds.includes("missing") ? [["missing", job.key, missingText(job)] as const] : []),
      ...job.changes.map((change) => [change.kind, job.key, changeText(change, labelOf)] as const),
    ]),
    ...report.findings.map(
      (each) => [each.kind, each.key ?? each.name, findingText(each)] as const,
    ),
  ];
  const lines = [
    `### Drift of ${markdownText(printable(report.target))}: ${summary(report)}`,
    "",
    `${markdownText(aside(report))}.`,
  ];
  if (rows.length > 0) {
    const table = rows.map(([kind, key, text]) => {
      const icon = SEVERITY_ICONS[KINDS[kind].severity];
      return `| ${icon} | ${kind} | ${markdownText(printable(key))} | ${markdownText(text)} |`;
    });
    let room = MAX_CHARACTERS;
    const shown = table.filter((row, at) => at < MAX_ROWS && (room -= row.length + 1) >= 0);
    lines.push("", "| | Kind | Job | What |", "|---|---|---|---|", ...shown);
    if (rows.length > shown.length) lines.push("", `… and ${rows.length - shown.length} more.`);
  }
  return lines.join("\n");
}

/** Converts the report to a check report, to reuse its CI formats. */
function asCheck(report: DriftReport): CheckReport {
  const labelOf = labels(report);
  const findingOf = (
    kind: DriftKind,
    name: string,
    message: string,
    place: Pick<DriftFinding, "location">,
  ): CheckedFinding => ({
    rule: `drift/${kind}`,
    severity: KINDS[kind].severity,
    message: `${name}: ${message}`,
    fix: KINDS[kind].fix,
    sites: [],
    environments: [report.target],
    fingerprint: hashOf([report.target, kind, name, message].join("\n")),
    ...(place.location && { location: place.location }),
  });
  const findings = [
    ...report.jobs.flatMap((job) => [
      ...(job.kinds.includes("missing")
        ? [findingOf("missing", job.key, missingText(job), job)]
        : []),
      ...job.changes.map((change) =>
        findingOf(change.kind, job.key, changeText(change, labelOf), job),
      ),
    ]),
    ...report.findings.map((each) => {
      const name = each.jobId === "" ? each.name : `job ${each.jobId} ${quote(each.name)}`;
      return findingOf(each.kind, name, each.text, each);
    }),
  ];
  const jobs = report.jobs.length;
  return {
    sources: [],
    jobs,
    tasks: 0,
    distinct: { jobs, tasks: 0, environments: 1 },
    rules: DRIFT_KINDS.map((kind) => ({
      name: `drift/${kind}`,
      summary: KINDS[kind].summary,
      rationale: KINDS[kind].summary,
      severity: KINDS[kind].severity,
      presets: [],
      help: "docs/drift.md",
      page: KINDS[kind].summary,
    })),
    findings,
    incomplete: report.problems.length > 0,
    fixed: 0,
    failOn: "info",
  };
}
