/**
 * The part of Terraform's plugin protocol 6 that this provider speaks, and go-plugin's two services beside it, as the
 * messages' names, fields and numbers. What a newer Terraform asks beyond it is answered with UNIMPLEMENTED, which it
 * takes for "not supported".
 */
import { fromJSON } from "@grpc/proto-loader";
import type { ServiceDefinition } from "@grpc/grpc-js";

/** A field: its type and number; `*` before the type means repeated, `name>` a map from text. */
type Fields = Readonly<Record<string, readonly [string, number]>>;

function message(fields: Fields, nested: object = {}): object {
  const entries = Object.entries(fields).map(([name, [type, id]]) => {
    if (type.startsWith("map:")) return [name, { keyType: "string", type: type.slice(4), id }];
    if (type.startsWith("*")) return [name, { rule: "repeated", type: type.slice(1), id }];
    return [name, { type, id }];
  });
  return { fields: Object.fromEntries(entries) as object, nested };
}

/** A call's request and response, which the protocol keeps in a message of the call's name. */
function call(request: Fields, response: Fields, nested: object = {}): object {
  return message({}, { Request: message(request), Response: message(response), ...nested });
}

const VALUE = "DynamicValue";
const DIAGNOSTICS = "*Diagnostic";

const MESSAGES = {
  DynamicValue: message({ msgpack: ["bytes", 1], json: ["bytes", 2] }),
  Diagnostic: message({
    severity: ["int32", 1],
    summary: ["string", 2],
    detail: ["string", 3],
    attribute: ["AttributePath", 4],
  }),
  AttributePath: message(
    { steps: ["*Step", 1] },
    {
      Step: {
        ...message({
          attribute_name: ["string", 1],
          element_key_string: ["string", 2],
          element_key_int: ["int64", 3],
        }),
        oneofs: {
          selector: { oneof: ["attribute_name", "element_key_string", "element_key_int"] },
        },
      },
    },
  ),
  RawState: message({ json: ["bytes", 1] }),
  Schema: message(
    { version: ["int64", 1], block: ["Block", 2] },
    {
      Block: message({
        version: ["int64", 1],
        attributes: ["*Attribute", 2],
        block_types: ["*NestedBlock", 3],
      }),
      Attribute: message({
        name: ["string", 1],
        type: ["bytes", 2],
        required: ["bool", 4],
        optional: ["bool", 5],
        computed: ["bool", 6],
        sensitive: ["bool", 7],
        deprecated: ["bool", 9],
      }),
      NestedBlock: message({
        type_name: ["string", 1],
        block: ["Block", 2],
        nesting: ["int32", 3],
        min_items: ["int64", 4],
        max_items: ["int64", 5],
      }),
    },
  ),
  ServerCapabilities: message({
    plan_destroy: ["bool", 1],
    get_provider_schema_optional: ["bool", 2],
  }),
  GetMetadata: call(
    {},
    {
      server_capabilities: ["ServerCapabilities", 1],
      diagnostics: [DIAGNOSTICS, 2],
      data_sources: ["*TypeMetadata", 3],
      resources: ["*TypeMetadata", 4],
    },
    { TypeMetadata: message({ type_name: ["string", 1] }) },
  ),
  GetProviderSchema: call(
    {},
    {
      provider: ["Schema", 1],
      resource_schemas: ["map:Schema", 2],
      data_source_schemas: ["map:Schema", 3],
      diagnostics: [DIAGNOSTICS, 4],
      server_capabilities: ["ServerCapabilities", 6],
    },
  ),
  ValidateProviderConfig: call({ config: [VALUE, 1] }, { diagnostics: [DIAGNOSTICS, 2] }),
  ValidateResourceConfig: call(
    { type_name: ["string", 1], config: [VALUE, 2] },
    { diagnostics: [DIAGNOSTICS, 1] },
  ),
  ValidateDataResourceConfig: call(
    { type_name: ["string", 1], config: [VALUE, 2] },
    { diagnostics: [DIAGNOSTICS, 1] },
  ),
  UpgradeResourceState: call(
    { type_name: ["string", 1], version: ["int64", 2], raw_state: ["RawState", 3] },
    { upgraded_state: [VALUE, 1], diagnostics: [DIAGNOSTICS, 2] },
  ),
  ConfigureProvider: call(
    { terraform_version: ["string", 1], config: [VALUE, 2] },
    { diagnostics: [DIAGNOSTICS, 1] },
  ),
  ReadResource: call(
    { type_name: ["string", 1], current_state: [VALUE, 2], private: ["bytes", 3] },
    { new_state: [VALUE, 1], diagnostics: [DIAGNOSTICS, 2], private: ["bytes", 3] },
  ),
  PlanResourceChange: call(
    {
      type_name: ["string", 1],
      prior_state: [VALUE, 2],
      proposed_new_state: [VALUE, 3],
      config: [VALUE, 4],
      prior_private: ["bytes", 5],
    },
    {
      planned_state: [VALUE, 1],
      requires_replace: ["*AttributePath", 2],
      planned_private: ["bytes", 3],
      diagnostics: [DIAGNOSTICS, 4],
      legacy_type_system: ["bool", 5],
    },
  ),
  ApplyResourceChange: call(
    {
      type_name: ["string", 1],
      prior_state: [VALUE, 2],
      planned_state: [VALUE, 3],
      config: [VALUE, 4],
      planned_private: ["bytes", 5],
    },
    {
      new_state: [VALUE, 1],
      private: ["bytes", 2],
      diagnostics: [DIAGNOSTICS, 3],
      legacy_type_system: ["bool", 4],
    },
  ),
  ImportResourceState: call(
    { type_name: ["string", 1], id: ["string", 2] },
    { imported_resources: ["*ImportedResource", 1], diagnostics: [DIAGNOSTICS, 2] },
    {
      ImportedResource: message({
        type_name: ["string", 1],
        state: [VALUE, 2],
        private: ["bytes", 3],
      }),
    },
  ),
  ReadDataSource: call(
    { type_name: ["string", 1], config: [VALUE, 2] },
    { state: [VALUE, 1], diagnostics: [DIAGNOSTICS, 2] },
  ),
  StopProvider: call({}, { Error: ["string", 1] }),
};

/** The calls that the provider answers; each takes `<name>.Request` and returns `<name>.Response`. */
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

const PROVIDER_METHODS = Object.fromEntries(
  CALLS.map((name) => [name, { requestType: `${name}.Request`, responseType: `${name}.Response` }]),
);

const PROTOCOL = {
  nested: {
    tfplugin6: { nested: { ...MESSAGES, Provider: { methods: PROVIDER_METHODS } } },
    plugin: {
      nested: {
        Empty: message({}),
        StdioData: message({ channel: ["int32", 1], data: ["bytes", 2] }),
        GRPCController: {
          methods: { Shutdown: { requestType: "Empty", responseType: "Empty" } },
        },
        GRPCStdio: {
          methods: {
            StreamStdio: {
              requestType: "Empty",
              responseType: "StdioData",
              responseStream: true,
            },
          },
        },
      },
    },
  },
};

const definitions = fromJSON(PROTOCOL as Parameters<typeof fromJSON>[0], {
  keepCase: true,
  longs: Number,
  defaults: true,
});

function service(name: string): ServiceDefinition {
  return definitions[name] as ServiceDefinition;
}

export const PROVIDER_SERVICE = service("tfplugin6.Provider");
/** Terraform says goodbye here. */
export const CONTROLLER_SERVICE = service("plugin.GRPCController");
/** Where a provider's own output would go; Terraform wants the stream to stay open. */
export const STDIO_SERVICE = service("plugin.GRPCStdio");
