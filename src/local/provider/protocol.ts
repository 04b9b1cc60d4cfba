/**
 * The part of Terraform's plugin protocol 6 that this provider implements, and two services of go-plugin: the messages
 * by name, with the fields and numbers of their `.proto` files. Other calls, which newer Terraform versions may add,
 * get UNIMPLEMENTED, which Terraform reads as "not supported".
 */
import type { Messages } from "./protobuf";

const VALUE = "DynamicValue";
const DIAGNOSTICS = "*Diagnostic";

export const MESSAGES: Messages = {
  DynamicValue: { msgpack: ["bytes", 1], json: ["bytes", 2] },
  Diagnostic: {
    severity: ["int32", 1],
    summary: ["string", 2],
    detail: ["string", 3],
    attribute: ["AttributePath", 4],
  },
  AttributePath: { steps: ["*AttributePath.Step", 1] },
  // Exactly one of the fields is set.
  "AttributePath.Step": {
    attribute_name: ["string", 1],
    element_key_string: ["string", 2],
    element_key_int: ["int64", 3],
  },
  RawState: { json: ["bytes", 1] },
  Schema: { version: ["int64", 1], block: ["Schema.Block", 2] },
  "Schema.Block": {
    version: ["int64", 1],
    attributes: ["*Schema.Attribute", 2],
    block_types: ["*Schema.NestedBlock", 3],
  },
  "Schema.Attribute": {
    name: ["string", 1],
    type: ["bytes", 2],
    required: ["bool", 4],
    optional: ["bool", 5],
    computed: ["bool", 6],
    sensitive: ["bool", 7],
    deprecated: ["bool", 9],
  },
  "Schema.NestedBlock": {
    type_name: ["string", 1],
    block: ["Schema.Block", 2],
    nesting: ["int32", 3],
    min_items: ["int64", 4],
    max_items: ["int64", 5],
  },
  ServerCapabilities: { plan_destroy: ["bool", 1], get_provider_schema_optional: ["bool", 2] },
  "GetMetadata.Request": {},
  "GetMetadata.Response": {
    server_capabilities: ["ServerCapabilities", 1],
    diagnostics: [DIAGNOSTICS, 2],
    data_sources: ["*GetMetadata.TypeMetadata", 3],
    resources: ["*GetMetadata.TypeMetadata", 4],
  },
  "GetMetadata.TypeMetadata": { type_name: ["string", 1] },
  "GetProviderSchema.Request": {},
  "GetProviderSchema.Response": {
    provider: ["Schema", 1],
    resource_schemas: ["map:Schema", 2],
    data_source_schemas: ["map:Schema", 3],
    diagnostics: [DIAGNOSTICS, 4],
    server_capabilities: ["ServerCapabilities", 6],
  },
  "ValidateProviderConfig.Request": { config: [VALUE, 1] },
  "ValidateProviderConfig.Response": { diagnostics: [DIAGNOSTICS, 2] },
  "ValidateResourceConfig.Request": { type_name: ["string", 1], config: [VALUE, 2] },
  "ValidateResourceConfig.Response": { diagnostics: [DIAGNOSTICS, 1] },
  "ValidateDataResourceConfig.Request": { type_name: ["string", 1], config: [VALUE, 2] },
  "ValidateDataResourceConfig.Response": { diagnostics: [DIAGNOSTICS, 1] },
  "UpgradeResourceState.Request": {
    type_name: ["string", 1],
    version: ["int64", 2],
    raw_state: ["RawState", 3],
  },
  "UpgradeResourceState.Response": { upgraded_state: [VALUE, 1], diagnostics: [DIAGNOSTICS, 2] },
  "ConfigureProvider.Request": { terraform_version: ["string", 1], config: [VALUE, 2] },
  "ConfigureProvider.Response": { diagnostics: [DIAGNOSTICS, 1] },
  "ReadResource.Request": {
    type_name: ["string", 1],
    current_state: [VALUE, 2],
    private: ["bytes", 3],
  },
  "ReadResource.Response": {
    new_state: [VALUE, 1],
    diagnostics: [DIAGNOSTICS, 2],
    private: ["bytes", 3],
  },
  "PlanResourceChange.Request": {
    type_name: ["string", 1],
    prior_state: [VALUE, 2],
    proposed_new_state: [VALUE, 3],
    config: [VALUE, 4],
    prior_private: ["bytes", 5],
  },
  "PlanResourceChange.Response": {
    planned_state: [VALUE, 1],
    requires_replace: ["*AttributePath", 2],
    planned_private: ["bytes", 3],
    diagnostics: [DIAGNOSTICS, 4],
    legacy_type_system: ["bool", 5],
  },
  "ApplyResourceChange.Request": {
    type_name: ["string", 1],
    prior_state: [VALUE, 2],
    planned_state: [VALUE, 3],
    config: [VALUE, 4],
    planned_private: ["bytes", 5],
  },
  "ApplyResourceChange.Response": {
    new_state: [VALUE, 1],
    private: ["bytes", 2],
    diagnostics: [DIAGNOSTICS, 3],
    legacy_type_system: ["bool", 4],
  },
  "ImportResourceState.Request": { type_name: ["string", 1], id: ["string", 2] },
  "ImportResourceState.Response": {
    imported_resources: ["*ImportResourceState.ImportedResource", 1],
    diagnostics: [DIAGNOSTICS, 2],
  },
  "ImportResourceState.ImportedResource": {
    type_name: ["string", 1],
    state: [VALUE, 2],
    private: ["bytes", 3],
  },
  "ReadDataSource.Request": { type_name: ["string", 1], config: [VALUE, 2] },
  "ReadDataSource.Response": { state: [VALUE, 1], diagnostics: [DIAGNOSTICS, 2] },
  "StopProvider.Request": {},
  "StopProvider.Response": { Error: ["string", 1] },
};

/** The supported calls. Each takes `<name>.Request` and returns `<name>.Response`. */
export const CALLS = [
  "GetMetadata",
  "GetProviderSchema",
  "ValidateProviderConfig",
  "ValidateResourceConfig",
  "ValidateDataResourceConfig",
  "UpgradeResourceState",
  "ConfigureProvider",
  "ReadResource",
  "PlanResourceChange",
  "ApplyResourceChange",
  "ImportResourceState",
  "ReadDataSource",
  "StopProvider",
] as const;

export type CallName = (typeof CALLS)[number];

/** Path prefix of the calls. */
export const PROVIDER_SERVICE = "/tfplugin6.Provider/";
/** Terraform calls this before it disconnects; request and response are empty. */
export const SHUTDOWN = "/plugin.GRPCController/Shutdown";
/** Stream of a provider's output. Terraform expects it to stay open. */
export const STREAM_STDIO = "/plugin.GRPCStdio/StreamStdio";
