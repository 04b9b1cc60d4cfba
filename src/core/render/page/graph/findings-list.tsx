import { printable } from "../../../model/text";
import { Findings } from "../job-details";
import type { Mistake } from "../mistakes";

const MAX_LISTED = 500;
const MAX_JOBS = 50;

/** Summary, such as `✖ 2 errors, ! 1 warning`. */
export function countOf(findings: readonly { readonly severity: string }[]): string {
  if (findings.length === 0) return "No findings";
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const others = findings.length - errors;
  return [
    ...(errors > 0 ? [`✖ ${errors} ${errors === 1 ? "error" : "errors"}`] : []),
    ...(others > 0 ? [`! ${others} ${others === 1 ? "warning" : "warnings"}`] : []),
  ].join(", ");
}

/** Findings of a hierarchy, with links to the jobs. */
export function FindingsList({
  findings,
  onSelect,
}: {
  readonly findings: readonly Mistake[];
  readonly onSelect: (id: string) => void;
}) {
  return (
    <article>
      <h2>Findings of the policy</h2>
      {findings.length === 0 && <p class="faint">None</p>}
      {findings.slice(0, MAX_LISTED).map(({ jobs, ...finding }) => (
        <section key={`${finding.rule} ${finding.message}`}>
          <Findings findings={[finding]} />
          <span class="links">
            {jobs.slice(0, MAX_JOBS).map(({ id, key }) => (
              <button
                key={id}
                type="button"
                class="link"
                onClick={() => {
                  onSelect(id);
                }}
              >
                {printable(key.slice(0, 200))}
              </button>
            ))}
            {jobs.length > MAX_JOBS && <span class="faint">… {jobs.length - MAX_JOBS} more</span>}
          </span>
        </section>
      ))}
      {findings.length > MAX_LISTED && <p class="faint">… {findings.length - MAX_LISTED} more</p>}
    </article>
  );
}
