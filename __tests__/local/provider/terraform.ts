/** The real CLI in a folder of its own, with nothing of the user's own settings. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Those of terraform and tofu that are on PATH. */
export const CLIS = ["terraform", "tofu"].filter(
  (cli) => spawnSync(cli, ["version"], { stdio: "ignore" }).status === 0,
);

export interface Outcome {
  readonly code: number;
  /** Standard output and error together, without colours. */
  readonly text: string;
}

/** One change of a plan, as `terraform show -json` tells it. */
export interface Change {
  readonly address: string;
  readonly actions: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly unknown: Record<string, unknown>;
}

interface ShownPlan {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly before: Record<string, unknown> | null;
      readonly after: Record<string, unknown> | null;
      readonly after_unknown: Record<string, unknown>;
    };
  }[];
}

export class Folder {
  public readonly path = mkdtempSync(join(tmpdir(), "jobstrata-test-"));

  readonly #cli: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #host: string;

  public constructor(cli: string, env: Readonly<Record<string, string>>, host: string) {
    this.#cli = cli;
    this.#env = env;
    this.#host = host;

    writeFileSync(join(this.path, "cli.tfrc"), "");
  }

  public remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Writes the whole configuration: `body` beside the provider's own blocks. */
  public configure(body: object, provider: object = { host: this.#host, token: "secret" }): void {
    const required_providers = {
      databricks: { source: "databricks/databricks", version: "1.99.0" },
    };
    const whole = {
      terraform: { required_providers },
      provider: { databricks: provider },
      ...body,
    };
    writeFileSync(join(this.path, "main.tf.json"), JSON.stringify(whole, null, 1));
  }

  public start(...args: string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("TF_"));
    const child = spawn(this.#cli, [...args, "-no-color"], {
      cwd: this.path,
      env: {
        ...Object.fromEntries(inherited),
        ...this.#env,
        TF_CLI_CONFIG_FILE: join(this.path, "cli.tfrc"),
        TF_IN_AUTOMATION: "1",
      },
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    const outcome = new Promise<Outcome>((resolve) => {
      child.on("close", (code) => {
        // The width of the box that the CLI draws around an error is not part of the message.
        resolve({ code: code ?? 1, text: text.replace(/^[│╷╵] ?/gm, "") });
      });
    });
    return { child, outcome };
  }

  public run(...args: string[]): Promise<Outcome> {
    return this.start(...args).outcome;
  }

  /** Runs what has to succeed. */
  public async ok(...args: string[]): Promise<string> {
    const { code, text } = await this.run(...args);
    if (code !== 0) throw new Error(`${this.#cli} ${args.join(" ")} exited with ${code}\n${text}`);
    return text;
  }

  public async apply(): Promise<void> {
    await this.ok("apply", "-auto-approve");
  }

  /** What a plan would change; what it would leave alone is left out. */
  public async plan(): Promise<Change[]> {
    await this.ok("plan", "-out=plan");
    const shown = JSON.parse(await this.ok("show", "-json", "plan")) as ShownPlan;
    return (shown.resource_changes ?? [])
      .map(({ address, change }) => ({
        address,
        actions: change.actions.join(),
        before: change.before,
        after: change.after,
        unknown: change.after_unknown,
      }))
      .filter((change) => change.actions !== "no-op" && change.actions !== "read");
  }

  /** The attributes of one resource in the state; undefined where it is not there. */
  public async state(type: string, name: string): Promise<Record<string, unknown> | undefined> {
    return (await this.states(`${type}.${name}`))[0];
  }

  /** The same of resources and data sources, by their addresses. */
  public async states(
    ...addresses: readonly string[]
  ): Promise<(Record<string, unknown> | undefined)[]> {
    const state = JSON.parse(await this.ok("state", "pull")) as {
      resources: {
        mode: "managed" | "data";
        type: string;
        name: string;
        instances: { attributes: Record<string, unknown> }[];
      }[];
    };
    const found = new Map(
      state.resources.map(({ mode, type, name, instances: [instance] }) => [
        `${mode === "data" ? "data." : ""}${type}.${name}`,
        instance?.attributes,
      ]),
    );
    return addresses.map((address) => found.get(address));
  }
}
