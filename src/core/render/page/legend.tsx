import { type BoxActivity, RunBars, StateMark } from "./drawing";
import type { JobState } from "./run-state";
import { ShortcutsSwitch } from "./shortcuts";

const STATES: readonly (readonly [Pick<JobState, "phase" | "good">, string])[] = [
  [{ phase: "ended", good: true }, "succeeded"],
  [{ phase: "ended", good: false }, "failed"],
  [{ phase: "active", good: false }, "under way"],
];

const BARS: BoxActivity["bars"] = [
  { kind: "good", share: 0.4 },
  { kind: "good", share: 1 },
  { kind: "bad", share: 0.7 },
  { kind: "active", share: 0.3 },
];

/** Explains arrows, marks and keys of the drawing or the list. */
export function Legend({
  hasStates,
  isList,
}: {
  readonly hasStates: boolean;
  readonly isList: boolean;
}) {
  return (
    <details class="legend">
      <summary>Legend</summary>
      <ul>
        {!isList && <Shapes />}
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
        {hasStates && (
          <li>
            <svg class="drawing" width="44" height="14" viewBox="-2 -13 44 14" aria-hidden="true">
              <RunBars bars={BARS} />
            </svg>
            last runs: height for duration, hollow for failed
          </li>
        )}
      </ul>
      <p class="faint keys">
        <kbd>/</kbd> search, arrow keys and <kbd>Enter</kbd> in the {isList ? "list" : "drawing"}
        {!isList && (
          <>
            , <kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd> zoom
          </>
        )}
      </p>
      <ShortcutsSwitch />
    </details>
  );
}

/** Explains boxes and arrows, which a list does not have. */
function Shapes() {
  return (
    <>
      <li>
        <svg class="drawing" width="44" height="20" aria-hidden="true">
          <g class="composite">
            <rect class="box" x="1" y="1" width="42" height="18" rx="4" />
          </g>
          <g class="atomic">
            <rect class="box" x="10" y="5" width="24" height="10" rx="3" />
          </g>
        </svg>
        runs what is inside (run_job_task)
      </li>
      <li>
        <svg class="drawing" width="44" height="12" aria-hidden="true">
          <path class="line" d="M2 6H40" marker-end="url(#arrowhead)" />
        </svg>
        comes before (depends_on)
      </li>
      <li>
        <svg class="drawing" width="44" height="16" aria-hidden="true">
          <g class="task">
            <rect class="box" x="1" y="1" width="42" height="14" rx="7" />
          </g>
        </svg>
        task that runs no job
      </li>
    </>
  );
}
