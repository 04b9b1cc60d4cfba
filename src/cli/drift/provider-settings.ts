import {
  isSettings,
  KEPT_WITH_POOL,
  NEVER_IN_JOB_CLUSTERS,
  POLICY_ALLOW_LIST,
  SET_BY_POOL,
  type Setting,
  type Settings,
  textAt,
} from "@jobstrata/core/model";

const GIT_PROVIDERS: Readonly<Record<string, string>> = {
  "bitbucket.org": "bitbucketCloud",
  "dev.azure.com": "azureDevOpsServices",
  "github.com": "gitHub",
  "gitlab.com": "gitLab",
};

/** Transforms a job's settings as Terraform's provider does before sending them. */
export function sentByProvider(settings: Settings): Settings {
  const sent = visit(settings) as Settings;
  const { git_source: git } = sent;
  if (!isSettings(git) || git.git_provider !== undefined) return sent;
  const host = /^https:\/\/(?:[^@/]*@)?([^/:]+)/.exec(textAt(git, "git_url") ?? "")?.[1] ?? "";
  const provider = host.endsWith(".visualstudio.com")
    ? "azureDevOpsServices"
    : GIT_PROVIDERS[host.toLowerCase()];
  return provider === undefined
    ? sent
    : { ...sent, git_source: { ...git, git_provider: provider } };
}

function visit(value: Setting): Setting {
  if (Array.isArray(value)) return (value as readonly Setting[]).map(visit);
  if (!isSettings(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      name === "new_cluster" && isSettings(each) ? clusterOf(each) : visit(each),
    ]),
  );
}

function clusterOf(written: Settings): Settings {
  let cluster = without(written, [...NEVER_IN_JOB_CLUSTERS, POLICY_ALLOW_LIST]);
  if (cluster.instance_pool_id === undefined)
    cluster = without(cluster, ["driver_instance_pool_id"]);
  else {
    cluster = without(cluster, SET_BY_POOL);
    for (const [name, kept] of Object.entries(KEPT_WITH_POOL)) {
      const attributes = cluster[name];
      if (isSettings(attributes)) cluster = { ...cluster, [name]: only(attributes, kept) };
    }
  }
  const allowed = written[POLICY_ALLOW_LIST];
  return cluster.apply_policy_default_values === true && Array.isArray(allowed)
    ? only(cluster, [...allowed.map(String), "policy_id"])
    : cluster;
}

const without = (settings: Settings, names: readonly string[]): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));

const only = (settings: Settings, names: readonly string[]): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)));
