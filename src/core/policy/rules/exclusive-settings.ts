import { leafTasks } from "../../model/job-graph";
import { isSettings, type Setting, settingAt } from "../../model/settings";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

const GIT_REFS = ["git_branch", "git_tag", "git_commit"];
const CLUSTERS = ["job_cluster_key", "existing_cluster_id", "new_cluster"];
const SQL_KINDS = ["query", "file", "alert", "dashboard"];

export const exclusiveSettings = defineRule({
  name: "exclusive-settings",
  summary: "A job or task sets only one of several mutually exclusive settings.",
  rationale: "The Jobs API rejects two of them, and in some cases none, when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `git_source:
  git_url: https://github.com/example/alerting
  git_provider: gitHub
  git_branch: main
  git_tag: v1`,
    right: `git_source:
  git_url: https://github.com/example/alerting
  git_provider: gitHub
  git_tag: v1`,
    fix: "Keep the intended one. A git_source names a branch, tag or commit; a sql_task a query, file, alert or dashboard; a task at most one kind of cluster; run_as a user or a service principal.",
    source: "Jobs API, git_source, run_as, sql_task and the clusters of tasks",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const { runAs } = job;
      if (runAs?.user !== undefined && runAs.servicePrincipal !== undefined) {
        yield {
          message: `job ${quote(job.key)} has both user_name and service_principal_name in run_as`,
          fix: "keep one of them",
          sites: [{ job }],
        };
      }
      const written = job.hasGitSource === true ? settingAt(job.settings, "git_source") : undefined;
      const git = isSettings(written) ? written : undefined;
      const refs = present(git, GIT_REFS);
      if (git !== undefined && refs.length !== 1) {
        yield {
          message: `the git_source of job ${quote(job.key)} has ${refs.length === 0 ? "no branch, tag or commit" : `both ${refs.join(" and ")}`}`,
          fix: refs.length === 0 ? `set one of ${GIT_REFS.join(", ")}` : "keep one of them",
          sites: [{ job }],
        };
      }
      for (const task of leafTasks(job)) {
        const { taskKey, types } = task;
        const isSql = types.includes("sql_task");
        if (!isSql && !task.onCluster) continue;
        const sites = [{ job, taskKey }];
        if (isSql) {
          const kinds = present(settingAt(task.settings, "sql_task"), SQL_KINDS);
          if (kinds.length !== 1 && task.unknown?.has("sql_task") !== true) {
            yield {
              message: `the sql_task of task ${quote(taskKey)} has ${kinds.length === 0 ? "nothing to run" : `both ${kinds.join(" and ")}`}`,
              fix:
                kinds.length === 0
                  ? `give it one of ${SQL_KINDS.join(", ")}`
                  : "keep one, and move the others to separate tasks",
              sites,
            };
          }
        }
        if (!task.onCluster) continue;
        const clusters = present(task.settings, CLUSTERS);
        if (clusters.length < 2) continue;
        yield {
          message: `task ${quote(taskKey)} names several clusters: ${clusters.join(" and ")}`,
          fix: "keep one of them",
          sites,
        };
      }
    }
  },
});

function present(settings: Setting | undefined, names: readonly string[]): string[] {
  return names.filter((name) => {
    const value = settingAt(settings, name);
    return value !== undefined && value !== null && value !== "";
  });
}
