import { schemaMessage } from "./messages";
import { currentUserData, directoryData, jobData, jobsData } from "./resources/data-sources";
import { directory } from "./resources/directory";
import { job } from "./resources/job";
import { notebook } from "./resources/notebook";
import { permissions } from "./resources/permissions";
import { type DataSource, type Resource } from "./resources/resource";
import { secret, secretAcl, secretScope } from "./resources/secrets";
import { workspaceFile } from "./resources/workspace-file";
import type { Schema } from "./schema";
import { schemaOf } from "./schemas";
import type { ProviderVersion } from "./version";

const RESOURCES = {
  databricks_directory: directory,
  databricks_job: job,
  databricks_notebook: notebook,
  databricks_permissions: permissions,
  databricks_secret: secret,
  databricks_secret_acl: secretAcl,
  databricks_secret_scope: secretScope,
  databricks_workspace_file: workspaceFile,
} as const;

const DATA_SOURCES = {
  databricks_current_user: currentUserData,
  databricks_directory: directoryData,
  databricks_job: jobData,
  databricks_jobs: jobsData,
} as const;

type Response = Readonly<Record<string, unknown>>;

/** The schemas, resources and data sources of one provider version. */
export interface Offer {
  readonly configuration: Schema;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly dataSources: Readonly<Record<string, DataSource>>;
  /** The cached response with all schemas: it is large, constant, and requested by every Terraform process. */
  schemaAnswer?: Response;
}

const offers = new Map<ProviderVersion, Offer>();

export function offerOf(version: ProviderVersion): Offer {
  let offer = offers.get(version);
  if (offer === undefined) {
    offer = {
      configuration: schemaOf("provider", version),
      resources: made(RESOURCES, (name) => schemaOf(name, version)),
      dataSources: made(DATA_SOURCES, (name) => schemaOf(`data.${name}`, version)),
    };
    offers.set(version, offer);
  }
  return offer;
}

/** Creates each kind of resource or data source with its schema. */
function made<Name extends string, T>(
  kinds: Readonly<Record<Name, (schema: Schema) => T>>,
  schema: (name: Name) => Schema,
): Readonly<Record<string, T>> {
  const entries = Object.entries<(schema: Schema) => T>(kinds);
  return Object.fromEntries(entries.map(([name, kind]) => [name, kind(schema(name as Name))]));
}

export const CAPABILITIES = { plan_destroy: false, get_provider_schema_optional: true };

export function allSchemas(offer: Offer): Response {
  const messages = (kinds: Readonly<Record<string, Resource | DataSource>>): object =>
    Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => [name, schemaMessage(kind.schema)]),
    );
  return {
    provider: schemaMessage(offer.configuration),
    resource_schemas: messages(offer.resources),
    data_source_schemas: messages(offer.dataSources),
    server_capabilities: CAPABILITIES,
  };
}
