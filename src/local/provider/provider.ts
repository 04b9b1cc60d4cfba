/**
 * The provider for one Terraform process: handles the calls of the plugin protocol with the resources. Each connection
 * has its own provider, because each Terraform process configures its own workspace.
 */
import {
  UNKNOWN,
  ValueError,
  asObject,
  decodeJson,
  decodeMsgpack,
  emptyObject,
  listOf,
  type Obj,
} from "./cty";
import { ConfigurationError, error, fromThrown, type Diagnostic } from "./diagnostic";
import { diagnosticMessage, dynamicValue, pathMessage, type DynamicValue } from "./messages";
import { keepPlannedForm, planChange } from "./plan";
import type { CallName } from "./protocol";
import { textOf, type DataSource, type Resource } from "./resources/resource";
import type { Block } from "./schema";
import type { SourceFiles } from "./source-files";
import { validateBlock } from "./validate";
import type { ProviderVersion } from "./version";
import { withoutUnknowns } from "./wire";
import { ApiError, Workspace } from "./workspace";
import { type Offer, offerOf, CAPABILITIES, allSchemas } from "./offer";

/** Options shared by all connections. */
export interface ProviderOptions {
  /** Address of the workspace; the `provider` block takes precedence. */
  readonly host: string | undefined;
  /** Token of the workspace; the `provider` block takes precedence. */
  readonly token: string | undefined;
  /** The version of the genuine provider to emulate. */
  readonly version: ProviderVersion;
  readonly files: SourceFiles;
  readonly retryDelay: (attempt: number) => number;
}

type Request = Readonly<Record<string, unknown>>;
type Response = Readonly<Record<string, unknown>>;

export class Provider {
  #workspace: Workspace | undefined;
  readonly #stop = new AbortController();
  readonly #offer: Offer;

  readonly #options: ProviderOptions;

  public constructor(options: ProviderOptions) {
    this.#options = options;

    this.#offer = offerOf(options.version);
  }

  /** Handles one call. Errors become diagnostics of the response. */
  public async answer(name: CallName, request: Request): Promise<Response> {
    switch (name) {
      case "GetMetadata":
        return {
          server_capabilities: CAPABILITIES,
          resources: Object.keys(this.#offer.resources).map((type_name) => ({ type_name })),
          data_sources: Object.keys(this.#offer.dataSources).map((type_name) => ({ type_name })),
        };
      case "GetProviderSchema":
        return (this.#offer.schemaAnswer ??= allSchemas(this.#offer));
      case "ValidateProviderConfig":
        return this.#guarded("configure the provider", () => []);
      case "ValidateResourceConfig":
        return this.#guarded("validate", () => this.#validate(request));
      case "ValidateDataResourceConfig":
        return this.#guarded("validate", () => {
          this.#dataSourceOf(request);
          return [];
        });
      case "ConfigureProvider":
        return this.#guarded("configure the provider", () => this.#configure(request));
      case "UpgradeResourceState":
        return this.#withState("upgrade the state of", request, "upgraded_state", (resource) => {
          const { json } = request.raw_state as { json: Uint8Array };
          return decodeJson(Buffer.from(json).toString("utf8"), resource.schema.block);
        });
      case "ReadResource":
        return this.#withState("read", request, "new_state", (resource) =>
          this.#refresh(resource, valueOf(request, "current_state", resource.schema.block)),
        );
      case "PlanResourceChange":
        return this.#plan(request);
      case "ApplyResourceChange":
        return this.#apply(request);
      case "ImportResourceState":
        return this.#import(request);
      case "ReadDataSource":
        return this.#readData(request);
      case "StopProvider":
        this.#stop.abort();
        return { Error: "" };
    }
  }

  async #guarded(
    action: string,
    run: () => readonly Diagnostic[] | Promise<readonly Diagnostic[]>,
  ): Promise<Response> {
    try {
      return { diagnostics: (await run()).map(diagnosticMessage) };
    } catch (thrown) {
      return failed(action, thrown);
    }
  }

  /** Responds with a resource's state in `field`, or with the error as diagnostics. */
  async #withState(
    action: string,
    request: Request,
    field: string,
    run: (resource: Resource) => Obj | null | Promise<Obj | null>,
  ): Promise<Response> {
    let label = "";
    try {
      const resource = this.#resourceOf(request);
      label = resource.label;
      return { [field]: dynamicValue(await run(resource)), private: request.private };
    } catch (thrown) {
      return failed(`${action} ${label}`, thrown);
    }
  }

  /** Uses host and token only. Other authentication settings (`profile` …) are accepted but ignored. */
  #configure(request: Request): readonly Diagnostic[] {
    const { block } = this.#offer.configuration;
    const config = valueOf(request, "config", block) ?? emptyObject(block);
    for (const name of ["host", "token"]) {
      if (config[name] === UNKNOWN) {
        return [
          error(`the provider's ${name} is not known yet`, "It must be known at plan.", [name]),
        ];
      }
    }
    const host = textOf(config, "host") || (this.#options.host ?? "");
    const token = textOf(config, "token") || (this.#options.token ?? "");
    const problem = hostProblem(host) ?? (token === "" ? NO_TOKEN : undefined);
    if (problem !== undefined) return [problem];
    const { retryDelay } = this.#options;
    this.#workspace = new Workspace({ host, token, retryDelay, stop: this.#stop.signal });
    return [];
  }

  #configured(): Workspace {
    if (this.#workspace !== undefined) return this.#workspace;
    throw new ValueError("the provider was not configured", []);
  }

  /**
   * The workspace of an object.
   * @throws {ConfigurationError} if its `provider_config` names another workspace
   */
  async #workspaceOf(object: Obj): Promise<Workspace> {
    const workspace = this.#configured();
    const wanted = workspaceIdOf(object);
    if (wanted === "" || wanted === (await workspace.id())) return workspace;
    throw new ConfigurationError(
      `workspace_id mismatch: the local workspace is ${await workspace.id()}, but provider_config has ${wanted}`,
      ["provider_config", 0, "workspace_id"],
    );
  }

  #validate(request: Request): readonly Diagnostic[] {
    const resource = this.#resourceOf(request);
    const config = valueOf(request, "config", resource.schema.block);
    if (config === null) return [];
    return [
      ...validateBlock(resource.schema.block, config),
      ...(resource.validate?.(config, this.#options.files) ?? []),
    ];
  }

  async #refresh(resource: Resource, state: Obj | null): Promise<Obj | null> {
    if (state === null) return null;
    try {
      const workspace = await this.#workspaceOf(state);
      const read = await resource.read(workspace, state, false);
      return read === null ? null : await withWorkspaceId(resource, workspace, read);
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.isMissing) return null;
      throw thrown;
    }
  }

  #plan(request: Request): Response {
    let label = "";
    try {
      const resource = this.#resourceOf(request);
      label = resource.label;
      const { block } = resource.schema;
      const prior = valueOf(request, "prior_state", block);
      const config = valueOf(request, "config", block);
      // Null means destroy, which needs no plan.
      if (config === null) return { planned_state: dynamicValue(null) };
      const { files } = this.#options;
      const wanted = resource.resolve?.(config, prior, files) ?? config;
      const { planned, replace } = planChange(block, prior, wanted);
      return {
        planned_state: dynamicValue(planned),
        requires_replace: replace.map(pathMessage),
        planned_private: request.prior_private,
        // Allows the plan to differ from the configuration where a default or the workspace decides.
        legacy_type_system: true,
      };
    } catch (thrown) {
      return failed(`plan ${label}`, thrown);
    }
  }

  async #apply(request: Request): Promise<Response> {
    const answer = (state: Obj | null, diagnostics: readonly Diagnostic[] = []): Response => ({
      new_state: dynamicValue(state),
      private: request.planned_private,
      diagnostics: diagnostics.map(diagnosticMessage),
      legacy_type_system: true,
    });
    let resource: Resource;
    let prior: Obj | null;
    let planned: Obj | null;
    try {
      resource = this.#resourceOf(request);
      prior = valueOf(request, "prior_state", resource.schema.block);
      planned = valueOf(request, "planned_state", resource.schema.block);
    } catch (thrown) {
      // A response without a state would mean that the object was deleted.
      return { ...failed("apply", thrown), new_state: request.prior_state };
    }
    // The state to return if the next step fails: Terraform must not lose an object that exists.
    let state = prior;
    let action = prior === null ? "create" : planned === null ? "delete" : "update";
    try {
      const workspace = await this.#workspaceOf(planned ?? prior ?? {});
      const { files } = this.#options;
      if (planned === null) {
        if (prior !== null) await remove(resource, workspace, prior);
        return answer(null);
      }
      const known = withoutUnknowns(resource.schema.block, planned);
      state =
        prior === null
          ? await resource.create(workspace, known, files)
          : await resource.update(workspace, known, prior, files);
      if (resource.isComplete?.(state) !== true) {
        action = "read";
        const read = await resource.read(workspace, state, prior === null);
        if (read === null) return answer(null);
        state = read;
      }
      state = keepPlannedForm(resource.schema.block, state, planned);
      return answer(await withWorkspaceId(resource, workspace, state));
    } catch (thrown) {
      return answer(state, [fromThrown(`${action} ${resource.label}`, thrown)]);
    }
  }

  async #import(request: Request): Promise<Response> {
    let label = "";
    try {
      const resource = this.#resourceOf(request);
      label = resource.label;
      const blank = { ...emptyObject(resource.schema.block), id: String(request.id) };
      const state = await this.#readNew(resource, blank);
      const imported = { type_name: request.type_name, state: dynamicValue(state) };
      return { imported_resources: [imported] };
    } catch (thrown) {
      return failed(`import ${label}`, thrown);
    }
  }

  /**
   * Reads an imported object. A missing object is imported with only its id: Terraform reads it next and reports the
   * error better.
   */
  async #readNew(resource: Resource, blank: Obj): Promise<Obj | null> {
    try {
      const workspace = this.#configured();
      const read = await resource.read(workspace, blank, true);
      return read === null ? null : await withWorkspaceId(resource, workspace, read);
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.isMissing) return blank;
      throw thrown;
    }
  }

  async #readData(request: Request): Promise<Response> {
    let label = "";
    try {
      const source = this.#dataSourceOf(request);
      label = source.label;
      const { block } = source.schema;
      const config = valueOf(request, "config", block) ?? emptyObject(block);
      const workspace = await this.#workspaceOf(config);
      const state = await withWorkspaceId(source, workspace, await source.read(workspace, config));
      // The SDK has no empty list for an unconfigured block of a data source.
      const isUnset = block.blocks.has("provider_config") && workspaceIdOf(state) === "";
      return { state: dynamicValue(isUnset ? { ...state, provider_config: null } : state) };
    } catch (thrown) {
      return failed(`read ${label}`, thrown);
    }
  }

  #resourceOf(request: Request): Resource {
    return kindOf(this.#offer.resources, request, "resource");
  }

  #dataSourceOf(request: Request): DataSource {
    return kindOf(this.#offer.dataSources, request, "data source");
  }
}

function kindOf<T>(kinds: Readonly<Record<string, T>>, request: Request, what: string): T {
  const name = String(request.type_name);
  const kind = kinds[name];
  if (kind !== undefined) return kind;
  const known = Object.keys(kinds).join(", ");
  throw new ValueError(`the stand-in provider has no ${what} ${name}; it has ${known}`, []);
}

/** The workspace id in an object's `provider_config`; empty if unset. */
function workspaceIdOf(object: Obj): string {
  return textOf(asObject(listOf(object.provider_config)[0]) ?? {}, "workspace_id");
}

/** Fills in the workspace id, if the schema has it as a computed value. */
async function withWorkspaceId(
  { schema }: Resource | DataSource,
  workspace: Workspace,
  state: Obj,
): Promise<Obj> {
  const { attributes } = schema.block.blocks.get("provider_config")?.block ?? {};
  if (attributes?.get("workspace_id")?.computed !== true) return state;
  if (workspaceIdOf(state) !== "") return state;
  return { ...state, provider_config: [{ workspace_id: await workspace.id() }] };
}

function valueOf(request: Request, field: string, block: Block): Obj | null {
  const value = request[field] as DynamicValue | null;
  return value === null || value.msgpack.length === 0 ? null : decodeMsgpack(value.msgpack, block);
}

/** Deletes an object. Succeeds if it no longer exists. */
async function remove(resource: Resource, workspace: Workspace, state: Obj): Promise<void> {
  try {
    await resource.delete(workspace, state);
  } catch (thrown) {
    if (!(thrown instanceof ApiError && thrown.isMissing)) throw thrown;
  }
}

function failed(action: string, thrown: unknown): Response {
  return { diagnostics: [diagnosticMessage(fromThrown(action.trimEnd(), thrown))] };
}

const NO_TOKEN = error(
  "no token for the workspace",
  "Set `token` in the provider block, or let jobstrata's local workspace set it.",
  ["token"],
);

/** The error for an invalid `host`; undefined if it is valid. */
function hostProblem(host: string): Diagnostic | undefined {
  if (host === "") {
    const detail = "Set `host` in the provider block, or let jobstrata's local workspace set it.";
    return error("no workspace is named", detail, ["host"]);
  }
  let url: URL;
  try {
    url = new URL(host.includes("://") ? host : `https://${host}`);
  } catch {
    return error(`${JSON.stringify(host)} is not the address of a workspace`, "", ["host"]);
  }
  const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (loopback && url.protocol === "http:") return undefined;
  return error(
    `the stand-in provider refuses to talk to ${url.host}`,
    "It stands in for databricks/databricks with a local workspace only: the host must be http:// on " +
      "this machine (127.0.0.1, localhost or [::1]). For a real workspace use the genuine provider: unset " +
      "TF_REATTACH_PROVIDERS and run terraform init.",
    ["host"],
  );
}
