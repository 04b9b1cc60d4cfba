import { mkdtempSync, rmSync } from "node:fs";
import type { Http2Session } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, grpcServer, UnknownCall } from "./grpc";
import { decodeMessage, encodeMessage } from "./protobuf";
import { CALLS, MESSAGES, PROVIDER_SERVICE, SHUTDOWN, STREAM_STDIO } from "./protocol";
import { Provider, type ProviderOptions } from "./provider";
import { SourceFiles } from "./source-files";
import type { ProviderVersion } from "./version";
import { defaultRetryDelay } from "./workspace";

export interface StartProviderOptions {
  /**
   * An existing folder for the provider's socket, which only its owner should be able to enter. Its path must be short:
   * a socket path has at most 103 bytes on macOS and 107 on Linux.
   * @default - a new temporary folder, removed by `stop`
   */
  readonly socketDir?: string;
  /**
   * Address of the workspace, `http://127.0.0.1:PORT`, if the `provider` block names none. A reattached provider does
   * not see Terraform's environment, so DATABRICKS_HOST must be passed here.
   * @default - the `provider` block must name it
   */
  readonly host?: string;
  /**
   * Token of the workspace if the `provider` block has none (DATABRICKS_TOKEN, see `host`).
   * @default - the `provider` block must have it
   */
  readonly token?: string;
  /**
   * The version of the genuine provider to emulate.
   * @default "1.99"
   */
  readonly version?: ProviderVersion;
  /**
   * Base folders for a relative `source` of a notebook or file. `cdktf.out/stacks/*` below each is searched too.
   * @default - this process's working directory
   */
  readonly sourceRoots?: readonly string[];
  /**
   * Milliseconds to wait before retrying a throttled request; `attempt` counts the attempts so far.
   * @default - 1, 2, 3 … 10 seconds plus jitter, as in the genuine provider
   */
  readonly retryDelay?: (attempt: number) => number;
}

export interface RunningProvider {
  /** The value of TF_REATTACH_PROVIDERS, as an object. */
  readonly reattach: Readonly<Record<string, Reattach>>;
  /** Environment variables that make terraform, tofu and cdktf use this provider. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops listening, closes open connections and removes the socket. */
  stop(): Promise<void>;
}

/** How Terraform reaches a running provider. */
export interface Reattach {
  readonly Protocol: "grpc";
  readonly ProtocolVersion: 6;
  readonly Pid: number;
  /** Terraform does not stop such a provider when it ends. */
  readonly Test: true;
  readonly Addr: { readonly Network: "unix"; readonly String: string };
}

/** Terraform and OpenTofu each use their own registry in provider addresses. */
const ADDRESSES = [
  "registry.terraform.io/databricks/databricks",
  "registry.opentofu.org/databricks/databricks",
];
/** Maximum length of a socket path on every supported system; bytes. */
const SOCKET_PATH_LIMIT = 103;

/**
 * Runs the stand-in provider in this process until `stop` is called. Several Terraform processes can use it at once,
 * each with its own configuration.
 *
 * @throws {Error} if the socket cannot be created
 */
export async function startProvider(options: StartProviderOptions = {}): Promise<RunningProvider> {
  const ownDir = options.socketDir === undefined ? mkdtempSync(join(tmpdir(), "jobstrata-")) : "";
  const socket = join(options.socketDir ?? ownDir, `provider-${process.pid}-${nextNumber()}.sock`);
  if (Buffer.byteLength(socket) > SOCKET_PATH_LIMIT) {
    throw new Error(`The path of the provider's socket is too long for the system: ${socket}`);
  }
  const providerOptions: ProviderOptions = {
    host: options.host,
    token: options.token,
    version: options.version ?? "1.99",
    files: new SourceFiles(options.sourceRoots ?? [process.cwd()]),
    retryDelay: options.retryDelay ?? defaultRetryDelay,
  };
  const listener = grpcServer({
    onConnection: () => answerFrom(new Provider(providerOptions)),
    openStreams: [STREAM_STDIO],
  });
  const connections = new Set<Http2Session>();
  listener.on("session", (connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject).listen(socket, resolve);
  });
  const reattach = Object.fromEntries(
    ADDRESSES.map((address): [string, Reattach] => [
      address,
      {
        Protocol: "grpc",
        ProtocolVersion: 6,
        Pid: process.pid,
        Test: true,
        Addr: { Network: "unix", String: socket },
      },
    ]),
  );
  return {
    reattach,
    env: {
      TF_REATTACH_PROVIDERS: JSON.stringify(reattach),
      // The CDKTF CLI would ask the registry for hashes of a provider that is not installed.
      CDKTF_SKIP_PROVIDER_LOCK: "true",
      CHECKPOINT_DISABLE: "1",
      DISABLE_VERSION_CHECK: "1",
    },
    async stop() {
      const closed = new Promise<void>((resolve) =>
        listener.close(() => {
          resolve();
        }),
      );
      for (const connection of connections) connection.destroy();
      await closed;
      if (ownDir !== "") rmSync(ownDir, { recursive: true, force: true });
    },
  };
}

let started = 0;
function nextNumber(): number {
  return ++started;
}

/** Decodes Terraform's calls for the provider of one connection. */
function answerFrom(provider: Provider): Answer {
  return async (path, request) => {
    // Nothing to do: Terraform closes the connection next.
    if (path === SHUTDOWN) return new Uint8Array();
    const name = CALLS.find((call) => path === PROVIDER_SERVICE + call);
    if (name === undefined) throw new UnknownCall(`no call ${path}`);
    const answer = await provider.answer(name, decodeMessage(MESSAGES, `${name}.Request`, request));
    return encodeMessage(MESSAGES, `${name}.Response`, answer);
  };
}
