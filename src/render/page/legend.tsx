/** What the arrows and keys mean. */
export function Legend() {
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
      </ul>
      <p class="faint keys">
        <kbd>/</kbd> search, arrow keys and <kbd>Enter</kbd> in the drawing, <kbd>+</kbd>{" "}
        <kbd>−</kbd> <kbd>0</kbd> zoom
      </p>
    </details>
  );
}
