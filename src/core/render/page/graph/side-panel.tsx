import type { ComponentChildren } from "preact";
import type { DocumentJob } from "../../document";
import { JobDetails } from "../job-details";
import type { Relations } from "../relations";
import type { Mistake } from "../mistakes";
import { FindingsList } from "./findings-list";

/** The panel beside a drawing: details of a job, or all findings. */
export function SidePanel({
  job,
  findings,
  relations,
  actions,
  onChoose,
  onClose,
}: {
  /** Without a job, the findings are shown. */
  readonly job: DocumentJob | undefined;
  readonly findings: readonly Mistake[];
  readonly relations: Relations;
  readonly actions: ((job: DocumentJob) => ComponentChildren) | undefined;
  readonly onChoose: (id: string) => void;
  readonly onClose: () => void;
}) {
  return (
    <aside aria-label={job === undefined ? "Findings of the policy" : "Job"}>
      <button type="button" class="close" aria-label="Close" onClick={onClose}>
        ✕
      </button>
      {job === undefined ? (
        <FindingsList findings={findings} onSelect={onChoose} />
      ) : (
        <JobDetails job={job} relations={relations} onSelect={onChoose}>
          {actions?.(job)}
        </JobDetails>
      )}
    </aside>
  );
}
