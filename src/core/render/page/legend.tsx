import { type JobState, StateMark } from "./drawing";

const STATES: readonly (readonly [Pick<JobState, "phase" | "good">, string])[] = [
  [{ phase: "ended", good: true }, "succeeded"],
  [{ phase: "ended", good: false }, "failed"],
  [{ phase: "active", good: false }, "under way"],
];

/** What the arrows, marks and keys mean. */
export function Legend({ hasStates }: { readonly hasStates: boolean }) {
  return (
    <details class="legend" open>
      <summary>Legend</summary>
      <ul>
        <li>
          <svg class="drawing" width="44" height="12" aria-hidden="true">
            <path class="line run_job" d="M2 6H36" marker-end="url(#run_job-head)" />
          </svg>
          runs (run_job_task)
        </li>
        <li>
          <svg class="drawing" width="44" height="12" aria-hidden="true">
            <path class="line depends_on" d="M2 6H36" marker-end="url(#depends_on-head)" />
          </svg>
          comes before (depends_on)
        </li>
        {hasStates && (
          <li>
            last run
            {STATES.map(([state, word]) => (
              <span key={word} class="mark">
                <svg
                  class="drawing"
                  width="12"
                  height="12"
                  viewBox="-6 -6 12 12"
                  aria-hidden="true"
                >
                  <StateMark {...state} />
                </svg>{" "}
                {word}
              </span>
            ))}
          </li>
        )}
      </ul>
      <p class="faint keys">
        <kbd>/</kbd> search, arrow keys and <kbd>Enter</kbd> in the drawing, <kbd>+</kbd>{" "}
        <kbd>−</kbd> <kbd>0</kbd> zoom
      </p>
    </details>
  );
}
