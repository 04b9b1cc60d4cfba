import { type CheckReport, environmentText } from "../../model/check-report";
import { printable } from "../../model/text";
import { asides, fullText, groupFindings, summary } from "./parts";

/**
 * Formats findings as logging commands of Azure Pipelines, one line each, for the summary of a run. A finding that many
 * jobs share is one line.
 */
export function checkAzure(report: CheckReport): string {
  const beside = asides(report);
  const issues = groupFindings(report).map(({ findings: [finding], jobs }) => {
    const { severity, rule, location } = finding;
    const environment = environmentText(finding);
    const properties = Object.entries({
      // There is no other type.
      type: severity === "error" ? "error" : "warning",
      sourcepath: location?.file,
      linenumber: location?.line,
      columnnumber: location?.column,
      code: rule,
    }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${escapeProperty(printable(String(value)))};`],
    );
    const shared = jobs === undefined ? "" : `${jobs} of ${report.distinct.jobs} jobs, as `;
    const where = environment === undefined ? "" : `[${environment}] `;
    const text = printable(`${where}${shared}${fullText(finding).join("; ")}`);
    return `##vso[task.logissue ${properties.join("")}]${escapeData(text)}`;
  });
  return [
    ...issues,
    `jobstrata: ${summary(report)}${beside === "" ? "" : ` (${beside})`}${report.incomplete ? "; not everything could be checked" : ""}`,
  ].join("\n");
}

// As azure-pipelines-task-lib escapes them.
const escapeData = (text: string): string =>
  text.replace(/%/g, "%AZP25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
const escapeProperty = (text: string): string =>
  escapeData(text).replace(/;/g, "%3B").replace(/\]/g, "%5D");
