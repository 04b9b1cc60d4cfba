import * as junit from "junit-report-builder";

/** The package exports its builder itself, though its types say that it is the default export. */
const exported = junit as unknown as { readonly default?: junit.Builder };
const library = exported.default ?? (junit as unknown as junit.Builder);

/** One job that was tested. */
export interface TestCase {
  readonly name: string;
  /** What it belongs to, such as the level of the job. */
  readonly group: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly durationMs: number;
  /** Why it failed; the first line is its summary. */
  readonly reason?: readonly string[];
  readonly runUrl?: string;
}

/** The results as JUnit XML, which CI systems read. @param suite such as the name of the environment */
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
      // xmlbuilder makes the end of a CDATA section harmless only once.
      test.stacktrace(reason.join("\n").replaceAll("]]>", "]] >"));
    }
  }
  return builder.build();
}
