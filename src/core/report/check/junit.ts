import { type CheckReport, openFindings } from "../../model/check-report";
import { atLeast } from "../../model/finding";
import { printable } from "../../model/text";
import { junitXml, type TestCase } from "../junit";
import { counted, fullText, shownLocation } from "./parts";

/** A test case for each rule, which fails with the findings that fail the check. */
export function checkJunit(report: CheckReport): string {
  const open = openFindings(report);
  const names = [
    ...report.rules.map(({ name }) => name),
    ...open.map(({ rule }) => rule).filter((rule) => !report.rules.some((r) => r.name === rule)),
  ];
  const cases = [...new Set(names)].map((name): TestCase => {
    const found = open.filter(
      ({ rule, severity, inconclusive }) =>
        rule === name && (inconclusive === true || atLeast(severity, report.failOn)),
    );
    const reason = found.flatMap((finding) => [
      `${finding.location === undefined ? "" : `${shownLocation(finding.location)}: `}${fullText(finding).join("\n  ")}`,
    ]);
    return {
      name: printable(name),
      group: "rules",
      outcome: found.length > 0 ? "failed" : "passed",
      durationMs: 0,
      ...(reason.length > 0 && { reason: [counted(found.length, "finding"), ...reason] }),
    };
  });
  return junitXml("jobstrata check", cases);
}
