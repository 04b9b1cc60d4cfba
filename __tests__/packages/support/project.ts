import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { tempFolder } from "../../support/temp-folder";
import { CACHE, ROOT } from "./packed";
import type { PackageRegistry } from "./registry";
import { type Ended, run } from "./run";
import { packageTools, withNode } from "./tools";

export type PackageManager = "npm" | "pnpm";

/** A package of a project's lock. */
export interface Installed {
  /** Where it is, from the folder of the project. */
  readonly path: string;
  readonly name: string;
  readonly hasInstallScript: boolean;
}

export interface ProjectOptions {
  readonly registry: PackageRegistry;
  readonly manager: PackageManager;
  readonly dependencies: Readonly<Record<string, string>>;
  /** Folder whose files the project has. */
  readonly files: string;
  /** What has another name in its TypeScript. */
  readonly rename?: (text: string) => string;
  /** The Node of the project. @default this one */
  readonly node?: string;
}

/** The compilers that users have, by major version. */
export const COMPILERS = {
  5: join(ROOT, "node_modules", "typescript", "bin", "tsc"),
  7: join(ROOT, "node_modules", "typescript-7", "bin", "tsc"),
} as const;

/** How long a package manager may take before it is started again; milliseconds. */
const INSTALL_TIMEOUT = 240_000;

/** Somebody's project, outside of this repository. */
export class Project {
  readonly #node: string;
  readonly #manager: PackageManager;

  private constructor(
    public readonly folder: string,
    node: string,
    manager: PackageManager,
  ) {
    this.#node = node;
    this.#manager = manager;
  }

  /** Makes the project and installs what it depends on. */
  public static async create(options: ProjectOptions): Promise<Project> {
    const { registry, manager, dependencies, files, rename = (text) => text } = options;
    const folder = tempFolder();
    const project = new Project(folder, options.node ?? process.execPath, manager);
    cpSync(files, folder, { recursive: true });
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".ts")))
      project.write(name, rename(project.read(name)));
    // Only a scope can be given a registry of its own.
    const addresses = Object.entries(dependencies).map(([name, range]): [string, string] => [
      name,
      name === "jobstrata" ? registry.tarball(name) : range,
    ]);
    project.write(
      "package.json",
      JSON.stringify({ private: true, dependencies: Object.fromEntries(addresses) }),
    );
    project.write(".npmrc", `@jobstrata:registry=${registry.url}\n`);
    await project.#install();
    return project;
  }

  /** A project in a folder of this one, which has the same packages. */
  public within(name: string): Project {
    mkdirSync(join(this.folder, name));
    return new Project(join(this.folder, name), this.#node, this.#manager);
  }

  async #install(): Promise<void> {
    const command =
      this.#manager === "npm"
        ? ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline"]
        : [
            process.execPath,
            (await packageTools()).pnpm,
            "install",
            "--prefer-offline",
            "--no-frozen-lockfile",
            "--config.strict-dep-builds=true",
            `--store-dir=${join(CACHE, "jobstrata-pnpm-store")}`,
          ];
    // By the Node of these tests: a package manager chooses nothing by its own. Now and then one hangs for good.
    const options = { cwd: this.folder, timeoutMs: INSTALL_TIMEOUT };
    let ended = await run(command, options);
    if (ended.code === null) ended = await run(command, options);
    if (ended.code !== 0) throw new Error(`${command.join(" ")}: ${ended.text}`);
  }

  public run(command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return run(command, { cwd: this.folder, env: { ...withNode(this.#node), ...env } });
  }

  /** Runs a file of the project. */
  public runNode(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> {
    return this.run([this.#node, ...args], env);
  }

  /** Runs `jobstrata`. */
  public jobstrata(...args: readonly string[]): Promise<Ended> {
    return this.run([join(this.folder, "node_modules", ".bin", "jobstrata"), ...args]);
  }

  public read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  public has(name: string): boolean {
    return existsSync(join(this.folder, name));
  }

  public write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** Compiles the project as strictly as TypeScript can, every declaration that it imports included. */
  public compile(files: readonly string[], compiler: keyof typeof COMPILERS): Promise<Ended> {
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      target: "es2022",
      lib: ["es2022"],
      module: "node16",
      types: ["node"],
      // Not installed once more for each project.
      typeRoots: [join(ROOT, "node_modules", "@types")],
    };
    this.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
    return this.runNode([COMPILERS[compiler]]);
  }

  /** Every copy of every package, those that another one brings within itself excepted. */
  public installed(): Installed[] {
    if (this.#manager === "pnpm") {
      const store = join("node_modules", ".pnpm");
      return readdirSync(join(this.folder, store))
        .filter((entry) => entry.includes("@"))
        .map((entry) => {
          const name = entry.slice(0, entry.indexOf("@", 1)).replace("+", "/");
          return {
            name,
            path: join(store, entry, "node_modules", name),
            hasInstallScript: hasScript(join(this.folder, store, entry, "node_modules", name)),
          };
        });
    }
    const lock = JSON.parse(this.read("node_modules/.package-lock.json")) as {
      packages: Record<string, { inBundle?: boolean; hasInstallScript?: boolean }>;
    };
    return Object.entries(lock.packages)
      .filter(([, { inBundle = false }]) => !inBundle)
      .map(([path, { hasInstallScript = false }]) => ({
        path,
        name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
        hasInstallScript,
      }));
  }

  /** Bytes of all files of a package; what is nested in it counts only if it brings it within itself. */
  public sizeOf({ path }: Installed): number {
    return filesBelow(join(this.folder, path))
      .map((file) => statSync(file).size)
      .reduce((sum, size) => sum + size, 0);
  }

  /** Files of native code of a package. */
  public nativeCode({ path }: Installed): string[] {
    return filesBelow(join(this.folder, path)).filter((file) =>
      /(\.(node|so|dll|dylib)|binding\.gyp)$/.test(file),
    );
  }
}

function hasScript(folder: string): boolean {
  const { scripts = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    scripts?: Record<string, string>;
  };
  return ["preinstall", "install", "postinstall"].some((name) => name in scripts);
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Limits the number of tasks that run at a time. */
export function pool(size: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= size) await new Promise<void>((start) => waiting.push(start));
    running++;
    try {
      return await task();
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}
