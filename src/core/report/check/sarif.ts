import { type CheckedFinding, type CheckReport, environmentText } from "../../model/check-report";
import type { FindingSite } from "../../model/finding";
import type { SourceLocation } from "../../model/source-location";
import { printable } from "../../model/text";
import { siteName } from "./parts";

const LEVELS = { error: "error", warning: "warning", info: "note" } as const;

/** SARIF 2.1.0, for code scanning on GitHub and elsewhere. */
export function checkSarif(report: CheckReport): string {
  const rules: object[] = report.rules.map(
    ({ name, summary, rationale, severity, help, page }) => ({
      id: name,
      shortDescription: { text: summary },
      fullDescription: { text: rationale },
      help: { text: `${summary} See: ${help}`, markdown: page },
      defaultConfiguration: { level: LEVELS[severity] },
    }),
  );
  const index = new Map(report.rules.map(({ name }, at) => [name, at]));
  for (const { rule } of report.findings) {
    if (index.has(rule)) continue;
    index.set(rule, rules.length);
    rules.push({ id: rule, shortDescription: { text: "The check itself." } });
  }
  return JSON.stringify(
    {
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [
        {
          tool: { driver: { name: "jobstrata", rules } },
          columnKind: "utf16CodeUnits",
          originalUriBaseIds: {
            "%SRCROOT%": { description: { text: "The root of the repository." } },
          },
          invocations: [{ executionSuccessful: !report.incomplete }],
          results: report.findings.map((finding) => resultOf(finding, index)),
        },
      ],
    },
    undefined,
    2,
  );
}

function resultOf(finding: CheckedFinding, index: ReadonlyMap<string, number>): object {
  const { rule, severity, message, fix, sites, location, fingerprint, suppression } = finding;
  const environment = environmentText(finding);
  const [first, ...others] = sites;
  const main = locationOf(location, first);
  const related = others.map((site) => locationOf(site.source ?? site.job.source, site));
  return {
    ruleId: rule,
    ruleIndex: index.get(rule),
    level: LEVELS[severity],
    message: { text: `${textOf(message)}. Fix: ${textOf(fix)}.` },
    ...(main !== undefined && { locations: [main] }),
    ...(related.length > 0 && {
      relatedLocations: related.flatMap((each, at) =>
        each === undefined ? [] : [{ id: at + 1, ...each }],
      ),
    }),
    ...(environment !== undefined && { properties: { environment } }),
    partialFingerprints: { "jobstrata/v1": fingerprint },
    suppressions:
      suppression === undefined
        ? []
        : [
            {
              kind: suppression.kind === "source" ? "inSource" : "external",
              justification: textOf(suppression.reason),
            },
          ],
  };
}

function locationOf(
  location: SourceLocation | undefined,
  site: FindingSite | undefined,
): object | undefined {
  if (location === undefined && site === undefined) return undefined;
  return {
    ...(location !== undefined && {
      physicalLocation: {
        artifactLocation: { uri: uriOf(location.file), uriBaseId: "%SRCROOT%" },
        ...(location.line !== undefined && {
          region: {
            startLine: location.line,
            ...(location.column !== undefined && { startColumn: location.column }),
          },
        }),
      },
    }),
    ...(site !== undefined && {
      logicalLocations: [{ fullyQualifiedName: printable(site.job.id), kind: "resource" }],
      message: { text: textOf(siteName(site)) },
    }),
  };
}

/** Escapes `[text](target)`, which would be a link. */
function textOf(text: string): string {
  return printable(text).replaceAll("](", "] (");
}

/** A relative URI. Escapes path segments, which could look like a scheme, a query or an escape. */
function uriOf(file: string): string {
  return file
    .split("/")
    .map((part) => encodeURIComponent(Buffer.from(part).toString()))
    .join("/");
}
