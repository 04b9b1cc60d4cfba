import type { ImportFramework } from "../import-source";
import { memberName, unique } from "../names";
import type { Invocation, Value } from "../typed/value";
import { statement } from "./code";
import { CodeFile } from "./code-file";
import type { ProjectTexts } from "./project-texts";

type Tree = Readonly<Record<string, Value>>;

interface Cluster {
  readonly value: Value;
  /** Key of the cluster in its jobs. */
  readonly key: string;
  /** Whether it is written for a typed job rather than a generated `Job`. */
  readonly isTyped: boolean;
  count: number;
  name?: string;
}

const CLUSTER_CALLS: ReadonlySet<string> = new Set([
  "JobCompute.jobCluster",
  "JobCompute.taskCluster",
]);

/** Clusters that several jobs share: a constant for each in `jobs/clusters.ts`. */
export class SharedClusters {
  readonly #clusters = new Map<string, Cluster>();
  readonly #framework: ImportFramework;
  readonly #texts: ProjectTexts;

  /** @param written everything that can contain a cluster */
  public constructor(
    framework: ImportFramework,
    texts: ProjectTexts,
    written: readonly (Value | undefined)[],
  ) {
    this.#framework = framework;
    this.#texts = texts;
    for (const value of written) if (value !== undefined) this.#count(value);
    const names = new Set<string>();
    for (const cluster of this.#clusters.values()) {
      if (cluster.count < 2 || !this.#isConstant(cluster.value)) continue;
      const stem = memberName(cluster.key).replace(/(?:Job)?(?:Cluster)?$/i, "");
      cluster.name = unique(`${stem === "" ? "job" : stem}Cluster`, names, "");
    }
  }

  /** The names of the constants. */
  public get names(): string[] {
    return this.#shared.flatMap(({ name = "" }) => name);
  }

  /** Replaces shared clusters in a value by their constants. */
  public replace<V extends Value>(value: V): V {
    return this.#replaced(value) as V;
  }

  /** The text of `jobs/clusters.ts`; undefined if there are none. */
  public file(): string | undefined {
    const shared = this.#shared;
    if (shared.length === 0) return undefined;
    const file = new CodeFile({
      framework: this.#framework,
      up: ".",
      readText: (written) => this.#texts.parts(written),
      hasStack: false,
    });
    const constants = shared.map(({ name = "", value, isTyped }) => {
      const type = isTyped ? `: ${file.use("type JobCluster").replace("type ", "")}` : "";
      const code = file.object(value as Tree, true);
      return statement(code, { name: `export const ${name}${type}` });
    });
    return `${file.imports()}${file.imports() === "" ? "" : "\n"}// Clusters that several jobs share. Each run of a job starts its own.

${constants.join("\n")}`;
  }

  get #shared(): Cluster[] {
    return [...this.#clusters.values()].filter(({ name }) => name !== undefined);
  }

  #count(value: Value): void {
    if (typeof value !== "object") return;
    if (Array.isArray(value)) {
      for (const each of value as readonly Value[]) this.#count(each);
      return;
    }
    const found = clusterIn(value as Tree);
    if (found !== undefined) {
      const identity = identityOf(found);
      const cluster = this.#clusters.get(identity) ?? { ...found, count: 0 };
      cluster.count++;
      this.#clusters.set(identity, cluster);
    }
    for (const each of Object.values(value as Tree)) this.#count(each);
  }

  #replaced(value: Value): Value {
    if (typeof value !== "object") return value;
    if (Array.isArray(value))
      return (value as readonly Value[]).map((each) => this.#replaced(each));
    const tree = value as Tree;
    const found = clusterIn(tree);
    const name = found && this.#clusters.get(identityOf(found))?.name;
    const shared = { $shared: name ?? "" };
    const inner = Object.fromEntries(
      Object.entries(tree).map(([field, each]) => [field, this.#replaced(each)]),
    );
    if (found === undefined || name === undefined) return inner;
    if (!found.isTyped) return { ...inner, newCluster: shared };
    return { ...inner, args: [shared, ...(tree as unknown as Invocation).args.slice(1)] };
  }

  /** Whether a value is the same in all stacks. */
  #isConstant(value: Value): boolean {
    if (typeof value === "string")
      return this.#texts.parts(value).every((part) => !("code" in part));
    if (typeof value !== "object") return true;
    if (Array.isArray(value))
      return (value as readonly Value[]).every((each) => this.#isConstant(each));
    return Object.entries(value as Tree).every(
      ([name, each]) => !name.startsWith("$") && this.#isConstant(each),
    );
  }
}

const identityOf = ({ isTyped, value }: Pick<Cluster, "isTyped" | "value">): string =>
  `${String(isTyped)} ${JSON.stringify(value)}`;

/** The cluster in a call or an object. */
function clusterIn(
  tree: Tree,
): { readonly value: Value; readonly key: string; readonly isTyped: boolean } | undefined {
  const { $call, args, newCluster, jobClusterKey, taskKey } = tree as Tree & {
    args?: readonly Value[];
  };
  if (typeof $call === "string" && CLUSTER_CALLS.has($call)) {
    const [value, key] = args ?? [];
    return value === undefined
      ? undefined
      : { value, key: typeof key === "string" ? key : "job", isTyped: true };
  }
  if (typeof newCluster !== "object" || "$shared" in newCluster || "$vary" in newCluster)
    return undefined;
  const key = [jobClusterKey, taskKey].find((each) => typeof each === "string");
  return { value: newCluster, key: typeof key === "string" ? key : "job", isTyped: false };
}
