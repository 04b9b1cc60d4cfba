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
   * a socket's path has at most 103 bytes on macOS, 107 on Linux.
   * @default - a new folder in the system's temporary one, removed by `stop`
   */
  readonly socketDir?: string;
  /**
   * The workspace to use where a `provider` block names none: `http://127.0.0.1:PORT`. A provider that is reattached
   * does not see the environment that Terraform was started with, so DATABRICKS_HOST has to be given here.
   * @default - the `provider` block must name it
   */
  readonly host?: string;
  /**
   * The token to use where a `provider` block has none (DATABRICKS_TOKEN, see `host`).
   * @default - the `provider` block must have it
   */
  readonly token?: string;
  /**
   * The version of the genuine provider whose arguments it has.
   * @default "1.99"
   */
  readonly version?: ProviderVersion;
  /**
   * Folders that a relative `source` of a notebook or file may be relative to; `cdktf.out/stacks/*` below each is
   * looked into as well.
   * @default - the folder that this process runs in
   */
  readonly sourceRoots?: readonly string[];
  /**
   * How long to wait (milliseconds) before a request is repeated that the workspace put off `attempt` times.
   * @default - 1, 2, 3 … 10 seconds and a little more, as the genuine provider does
   */
  readonly retryDelay?: (attempt: number) => number;
}

export interface RunningProvider {
  /** The value of TF_REATTACH_PROVIDERS, as an object. */
  readonly reattach: Readonly<Record<string, Reattach>>;
  /** What to add to the environment of terraform, tofu or cdktf so that they use this provider. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops listening, cuts what is still connected, and removes the socket. */
  stop(): Promise<void>;
}

/** How Terraform finds a provider that runs already. */
export interface Reattach {
  readonly Protocol: "grpc";
  readonly ProtocolVersion: 6;
  readonly Pid: number;
  /** Terraform leaves such a provider running when it ends. */
  readonly Test: true;
  readonly Addr: { readonly Network: "unix"; readonly String: string };
}

/** Terraform and OpenTofu each look for a provider under their own registry. */
const ADDRESSES = [
  "registry.terraform.io/databricks/databricks",
  "registry.opentofu.org/databricks/databricks",
];
/** What every system allows for the path of a socket, in bytes. */
const SOCKET_PATH_LIMIT = 103;

/**
 * Serves the stand-in provider from this process until `stop` is called. Any number of Terraform processes can use it
 * at once, each with its own configuration.
 *
 * @throws {Error} where the socket can't be made
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
      // The CDKTF CLI would ask the registry for the hashes of a provider that is not installed at all.
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

/** Terraform's calls, decoded for the provider of one connection. */
function answerFrom(provider: Provider): Answer {
  return async (path, request) => {
    // Terraform closes the connection next.
    if (path === SHUTDOWN) return new Uint8Array();
    const name = CALLS.find((call) => path === PROVIDER_SERVICE + call);
    if (name === undefined) throw new UnknownCall(`no call ${path}`);
    const answer = await provider.answer(name, decodeMessage(MESSAGES, `${name}.Request`, request));
    return encodeMessage(MESSAGES, `${name}.Response`, answer);
  };
}
