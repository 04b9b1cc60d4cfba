import { ApiError } from "../api-error";

/** Unsupported parts of the Databricks API, by path prefix, each with an explanation. */
export const NOT_HERE: readonly (readonly [path: string, sentence: string])[] = [
  ["/api/2.0/dbfs/", "has no DBFS; keep files in the workspace (workspace-files) instead"],
  ["/api/2.0/fs/", "has no volumes; keep files in the workspace (workspace-files) instead"],
  ["/api/2.0/lakeview/", "has no dashboards"],
  ["/api/2.0/genie/", "has no Genie spaces"],
  ["/api/2.0/pipelines", "has no pipelines"],
  ["/api/2.0/serving-endpoints", "has no model serving"],
  ["/api/2.0/mlflow/", "has no MLflow"],
  ["/api/2.0/apps", "has no apps"],
  ["/api/2.0/repos", "has no Git folders"],
  ["/api/2.0/git-credentials", "has no Git credentials"],
  ["/api/2.0/database/", "has no database instances"],
  ["/api/2.0/postgres/", "has no Postgres projects"],
  ["/api/2.0/vector-search/", "has no vector search"],
  ["/api/2.0/preview/scim/v2/", "has one user, and no others, groups or service principals"],
  ["/api/2.0/account/", "belongs to no account"],
  ["/api/2.0/accounts/", "belongs to no account"],
  ["/api/2.0/global-init-scripts", "has no clusters"],
  ["/api/2.0/libraries/", "has no clusters; a job brings its libraries with its environment"],
  ["/api/2.0/clusters/", "has no clusters; notebooks run on this machine"],
  ["/api/2.1/clusters/", "has no clusters; notebooks run on this machine"],
  ["/api/1.2/", "has no clusters, and so no execution contexts; run a notebook as a job"],
  ["/api/2.0/instance-pools/", "has no instance pools"],
  ["/api/2.0/instance-profiles/", "has no clusters; notebooks run on this machine"],
  ["/api/2.0/policies/", "has no cluster policies"],
  ["/api/2.0/sql/history/", "keeps no history of queries"],
  ["/api/2.0/preview/sql/", "has no legacy SQL objects"],
  ["/api/2.0/sql/warehouses", "has one SQL warehouse, which cannot be changed"],
  ["/api/2.0/sql/config/", "has one SQL warehouse, which cannot be changed"],
  [
    "/api/2.0/sql/",
    "has one SQL warehouse, its statements, queries and alerts, and nothing else of SQL",
  ],
  ["/api/2.0/workspace-conf", "has no settings of its own"],
  ["/api/2.0/settings/", "has no settings of its own"],
  ["/api/2.0/ip-access-lists", "listens to this machine only"],
  ["/api/2.0/token-management/", "makes no tokens"],
  ["/api/2.0/token/", "makes no tokens; npx jobstrata local exec gives one to a command"],
  [
    "/api/2.1/unity-catalog/",
    "has catalogs, schemas and tables of Unity Catalog, to be read, and nothing else of it",
  ],
  ["/sql/", "has no SQL connections; use the Statement Execution API or npx jobstrata local sql"],
  ["/spark.connect.", "has no Spark Connect; run a notebook as a job"],
];

/**
 * The error for an unsupported part of the API; undefined if the path is unknown to Databricks too. Uses 501 because
 * clients show it at once: they read 404 as a missing object and retry other errors.
 */
export function notHere(path: string): ApiError | undefined {
  const [, sentence] = NOT_HERE.find(([start]) => path.startsWith(start)) ?? [];
  if (sentence === undefined) return undefined;
  return new ApiError(501, "NOT_IMPLEMENTED", `The local workspace ${sentence}.`);
}
