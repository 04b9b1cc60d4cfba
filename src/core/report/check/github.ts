import { type CheckedFinding, type CheckReport, environmentText } from "../../model/check-report";
import { printable } from "../../model/text";
import {
  asides,
  counted,
  type FindingGroup,
  fullText,
  groupFindings,
  shownLocation,
  siteName,
  summary,
} from "./parts";

const COMMANDS = { error: "error", warning: "warning", info: "notice" } as const;

/**
 * Workflow commands, which GitHub shows on the lines of a pull request. GitHub shows ten of each kind per step, so
 * shared findings are merged, and those that break a deployment or run come first.
 */
export function checkGithub(report: CheckReport): string {
  const beside = asides(report);
  const breaking = new Set(
    report.rules.filter(({ presets }) => presets.includes("correctness")).map(({ name }) => name),
  );
  const groups = groupFindings(report);
  const isBreaking = ({ findings: [{ rule }] }: FindingGroup): boolean => breaking.has(rule);
  return [
    ...[...groups.filter(isBreaking), ...groups.filter((group) => !isBreaking(group))].map(
      (group) => annotation(group, report),
    ),
    `jobstrata: ${summary(report)}${beside === "" ? "" : ` (${beside})`}${report.incomplete ? "; not everything could be checked" : ""}`,
  ].join("\n");
}

function annotation({ findings, jobs }: FindingGroup, report: CheckReport): string {
  const [finding, ...others] = findings;
  const { severity, rule, location } = finding;
  const environment = environmentText(finding);
  const title = environment === undefined ? rule : `${rule} [${environment}]`;
  const properties = Object.entries({
    file: location?.file,
    line: location?.line,
    col: location?.column,
    title,
  }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeProperty(printable(String(value)))}`],
  );
  const [message = "", ...rest] = fullText(finding);
  const lines =
    jobs === undefined
      ? [message, ...rest]
      : [
          `${jobs} of ${counted(report.distinct.jobs, "job")}, as ${message}`,
          ...others.slice(0, MAX_PLACES).map(placeOf),
          ...(others.length > MAX_PLACES ? [`and ${others.length - MAX_PLACES} more`] : []),
          ...rest,
        ];
  return `::${COMMANDS[severity]} ${properties.join(",")}::${escapeData(lines.join("\n"))}`;
}

/** Maximum additional places of a shared finding. */
const MAX_PLACES = 20;

function placeOf({ location, sites: [site] }: CheckedFinding): string {
  const where = location === undefined ? "" : shownLocation(location);
  const name = site === undefined ? "" : siteName(site);
  return `also ${where === "" ? name : name === "" ? where : `${where} (${name})`}`;
}

// Same escaping as @actions/core.
const escapeData = (text: string): string =>
  text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
const escapeProperty = (text: string): string =>
  escapeData(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
