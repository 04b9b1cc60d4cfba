import * as junit from "junit-report-builder";

/** The package exports its builder directly, although its types declare a default export. */
const exported = junit as unknown as { readonly default?: junit.Builder };
const library = exported.default ?? (junit as unknown as junit.Builder);

/** A tested job. */
export interface TestCase {
  readonly name: string;
  /** Group, such as the job's level. */
  readonly group: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly durationMs: number;
  /** Reason of a failure; the first line is the summary. */
  readonly reason?: readonly string[];
  readonly runUrl?: string;
}

/** Test results as JUnit XML. @param suite name, such as the environment */
export function junitXml(suite: string, cases: readonly TestCase[]): string {
  const builder = library.newBuilder();
  const report = builder.testSuite().name(suite);
  for (const { name, group, outcome, durationMs, reason = [], runUrl } of cases) {
    const test = report.testCase().name(name).className(`${suite}.${group}`);
    test.time(durationMs / 1000);
    if (runUrl !== undefined) test.property("url", runUrl);
    if (outcome === "skipped") test.skipped();
    if (outcome === "failed") {
      test.failure(reason[0] ?? "failed");
      // xmlbuilder escapes only the first end of a CDATA section.
      test.stacktrace(reason.join("\n").replaceAll("]]>", "]] >"));
    }
  }
  return builder.build();
}
