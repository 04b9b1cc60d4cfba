import type { CheckedFinding } from "@jobstrata/core/model";
import { checkJson } from "@jobstrata/core/report";
import type { ChangedDocument } from "../changed/document";
import type { Review } from "./review";

/** A review as JSON, documented in docs/ci.md. */
export function reviewJson(
  { name, since, problems, findings, plans, stacks }: Review,
  document: ChangedDocument | undefined,
  exitCode: number,
): string {
  const listed = (chosen: readonly CheckedFinding[]): unknown => {
    const text = checkJson({ ...findings.report, findings: chosen });
    return (JSON.parse(text) as { readonly findings: unknown }).findings;
  };
  const review = {
    version: 1,
    name,
    since: since ?? null,
    from: document?.from ?? null,
    complete: !findings.report.incomplete && (document?.complete ?? true),
    problems,
    summary: document?.summary ?? null,
    stacks,
    environments: document?.environments ?? [],
    findings: { new: listed(findings.added), fixed: listed(findings.fixed), known: findings.known },
    plans: plans.map(({ file, counts, changes, problem }) => ({
      file,
      counts,
      changes,
      ...(problem !== undefined && { problem }),
    })),
    exit_code: exitCode,
  };
  return JSON.stringify(review, undefined, 2);
}
