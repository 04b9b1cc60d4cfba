import {
  type CheckedFinding,
  type CheckReport,
  environmentText,
  openFindings,
} from "../../model/check-report";
import type { SourceLocation } from "../../model/source-location";
import { countBySeverity } from "./parts";

/** The report as JSON; docs/check.md describes it. */
export function checkJson(report: CheckReport): string {
  const { error, warning, info } = countBySeverity(report);
  const help = new Map(report.rules.map((rule) => [rule.name, rule.help]));
  return JSON.stringify(
    {
      version: 1,
      sources: report.sources,
      summary: {
        jobs: report.jobs,
        tasks: report.tasks,
        errors: error,
        warnings: warning,
        infos: info,
        suppressed: report.findings.length - openFindings(report).length,
        fixed: report.fixed,
        complete: !report.incomplete,
      },
      findings: report.findings.map((finding) => findingJson(finding, help.get(finding.rule))),
    },
    undefined,
    2,
  );
}

function findingJson(finding: CheckedFinding, help: string | undefined): object {
  const { rule, severity, message, fix, sites, fingerprint, suppression } = finding;
  const environment = environmentText(finding);
  const [first] = sites;
  const jobs = [...new Set(sites.map(({ job }) => job.key ?? job.id))];
  const notebook = sites.find((site) => site.notebook !== undefined)?.notebook;
  return {
    rule,
    severity,
    message,
    fix,
    ...(environment !== undefined && { environment }),
    ...(first !== undefined && { job: first.job.key ?? first.job.id }),
    ...(first?.taskKey !== undefined && first.taskKey !== "" && { task: first.taskKey }),
    ...(notebook !== undefined && { notebook }),
    ...(jobs.length > 1 && { jobs }),
    location: locationJson(finding.location, first?.job.id),
    ...(sites.length > 1 && {
      related: sites.slice(1).map(({ job, taskKey, source }) => ({
        job: job.key ?? job.id,
        ...(taskKey !== undefined && taskKey !== "" && { task: taskKey }),
        location: locationJson(source ?? job.source, job.id),
      })),
    }),
    fingerprint,
    ...(help !== undefined && { help }),
    ...(suppression !== undefined && { suppression }),
  };
}

function locationJson(location: SourceLocation | undefined, path: string | undefined): object {
  return location ?? { path: path ?? "" };
}
