import { SEVERITIES } from "../../model/finding";
import type { DocumentFinding, DocumentJob } from "../document";

/** A finding with all affected jobs. */
export interface Mistake extends DocumentFinding {
  readonly jobs: DocumentJob[];
}

/** The distinct findings, errors first. */
export function mistakesOf(jobs: Iterable<DocumentJob>): Mistake[] {
  const mistakes = new Map<string, Mistake>();
  for (const job of jobs) {
    for (const finding of job.findings) {
      const key = `${finding.rule}\0${finding.message}`;
      const mistake = mistakes.get(key);
      if (mistake === undefined) mistakes.set(key, { ...finding, jobs: [job] });
      else mistake.jobs.push(job);
    }
  }
  return [...mistakes.values()].sort(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity),
  );
}
