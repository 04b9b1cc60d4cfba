import { type CheckedFinding, type CheckReport, openFindings } from "../../model/check-report";
import { printable } from "../../model/text";
import { asides, fullText, summary } from "./parts";

const COMMANDS = { error: "error", warning: "warning", info: "notice" } as const;

/** Workflow commands, which GitHub shows on the lines of a pull request. */
export function checkGithub(report: CheckReport): string {
  const beside = asides(report);
  return [
    ...openFindings(report).map(annotation),
    `jobstrata: ${summary(report)}${beside === "" ? "" : ` (${beside})`}${report.incomplete ? "; not everything could be checked" : ""}`,
  ].join("\n");
}

function annotation(finding: CheckedFinding): string {
  const { severity, rule, environment, location } = finding;
  const title = environment === undefined ? rule : `${rule} [${environment}]`;
  const properties = Object.entries({
    file: location?.file,
    line: location?.line,
    col: location?.column,
    title,
  }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeProperty(printable(String(value)))}`],
  );
  const message = escapeData(fullText(finding).join("\n"));
  return `::${COMMANDS[severity]} ${properties.join(",")}::${message}`;
}

// As @actions/core escapes them.
const escapeData = (text: string): string =>
  text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
const escapeProperty = (text: string): string =>
  escapeData(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
