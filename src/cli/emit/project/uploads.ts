import { posix } from "node:path";
import type { TaskSpec } from "@jobstrata/core/model";
import type { ImportFramework, ImportSource } from "../import-source";
import { variableName } from "../names";
import { NotExpressible } from "../not-expressible";
import type { Value } from "../typed/value";
import type { FindLocalFile, LocalFile } from "./local-file";
import type { ProjectTexts } from "./project-texts";

/** Files of this machine that generated jobs use, uploaded by functions in `jobs/uploads.ts`. */
export class Uploads {
  readonly #kinds = new Set<LocalFile["kind"]>();
  /** Whether some notebooks keep their workspace paths. */
  #keepsPaths = false;
  readonly #source: ImportSource;
  readonly #localFile: FindLocalFile;
  readonly #texts: ProjectTexts;

  public constructor(source: ImportSource, localFile: FindLocalFile, texts: ProjectTexts) {
    this.#source = source;
    this.#localFile = localFile;
    this.#texts = texts;
  }

  /** The call that uploads a path's file; undefined for a workspace path. @throws {NotExpressible} */
  public valueOf(
    environment: string,
    path: string,
    isNotebook: boolean,
    task: TaskSpec | undefined,
    where: string,
  ): Value | undefined {
    const identity = isNotebook ? task?.notebook?.identity : undefined;
    const isFileNotebook = identity?.startsWith("file:") === true;
    const workspacePath = this.#managed(environment).get(identity ?? "");
    if (workspacePath !== undefined && isFileNotebook) {
      const file = this.#localFile(identity.slice("file:".length), task);
      if (file?.kind === "notebook") {
        this.#kinds.add("notebook");
        this.#keepsPaths = true;
        return { $upload: "notebook", path: file.path, workspacePath };
      }
    }
    if (
      this.#source.folder === undefined ||
      (!isFileNotebook && (path.startsWith("/") || /^(?:\w+:|\$\{)/.test(path)))
    )
      return undefined;
    const named = isFileNotebook ? identity.slice("file:".length) : path;
    const file = this.#localFile(named, task);
    if (file !== undefined && (!isNotebook || file.kind === "notebook")) {
      const kind = isNotebook ? "notebook" : file.kind === "folder" ? "folder" : "file";
      this.#kinds.add(kind);
      return { $upload: kind, path: file.path };
    }
    // The bundle builds and uploads this file.
    if (/\.(?:whl|jar|egg)$/i.test(path) || path.includes("*")) {
      const name = this.#texts.placeholder(path, variableName(`file ${posix.basename(path)}`));
      return { $placeholder: name };
    }
    throw new NotExpressible(
      where,
      file === undefined
        ? `names ${path}, which does not exist`
        : `names ${path}, which is not a notebook`,
    );
  }

  /** The text of `jobs/uploads.ts`; undefined if nothing is uploaded. */
  public file(framework: ImportFramework): string | undefined {
    return this.#kinds.size === 0
      ? undefined
      : uploadsFile(framework, this.#kinds, this.#keepsPaths);
  }

  /** The notebooks that the source manages in an environment. */
  #managed(environment: string): ReadonlyMap<string, string> {
    const found = this.#source.environments.find(({ name }) => name === environment);
    return found?.notebooks ?? new Map<string, string>();
  }
}

function uploadsFile(
  framework: ImportFramework,
  kinds: ReadonlySet<LocalFile["kind"]>,
  keepsPaths: boolean,
): string {
  const provider = `${framework === "cdktf" ? "@cdktf" : "@cdktn"}/provider-databricks/lib`;
  const hasAssets = kinds.has("notebook") || kinds.has("file");
  const imports = [
    hasAssets &&
      `import { ${kinds.has("notebook") ? "extname, " : ""}posix, relative, resolve, sep } from "node:path";\n`,
    kinds.has("notebook") && `import { Notebook } from "${provider}/notebook";\n`,
    kinds.has("file") && `import { WorkspaceFile } from "${provider}/workspace-file";\n`,
    `import { type JobStack${kinds.has("folder") ? ", WorkspaceFolder" : ""} } from "@jobstrata/${framework}";\n`,
    hasAssets && `import { TerraformAsset } from "${framework}";\n`,
    hasAssets && `import type { IConstruct } from "constructs";\n`,
  ];
  const parts = [
    kinds.has("notebook") && (keepsPaths ? UPLOAD_OR_KEEP_NOTEBOOK : UPLOAD_NOTEBOOK),
    kinds.has("file") && UPLOAD_FILE,
    kinds.has("folder") && UPLOAD_FOLDER,
    hasAssets && UPLOADS,
  ];
  const code = [...parts].filter(Boolean).join("\n");
  return `${imports.filter(Boolean).join("")}
// Files that generated jobs use, uploaded with the first stack that needs them.

${code}`;
}

const UPLOAD_NOTEBOOK = `/** Uploads a notebook. @returns its path in the workspace */
export function uploadNotebook(stack: JobStack, file: string): string {
  const id = \`notebook \${file}\`;
  const known = stack.node.tryFindChild(id) as Notebook | undefined;
  if (known !== undefined) return known.path;
  const extension = extname(file);
  const path = workspacePath(stack, file.slice(0, -extension.length));
  if (!isFirst(stack, path)) return path;
  const notebook = new Notebook(stack, id, {
    path,
    source: new TerraformAsset(stack, \`source of \${file}\`, {
      path: resolve(file),
    }).path,
    language: LANGUAGES[extension.toLowerCase()] ?? "PYTHON",
    format: extension === ".ipynb" ? "JUPYTER" : "SOURCE",
  });
  return notebook.path;
}

const LANGUAGES: Readonly<Record<string, string>> = {
  ".r": "R",
  ".scala": "SCALA",
  ".sql": "SQL",
};
`;
/** The same, for notebooks that keep their workspace paths. */
const UPLOAD_OR_KEEP_NOTEBOOK = UPLOAD_NOTEBOOK.replace(
  "(stack: JobStack, file: string): string {",
  "(\n  stack: JobStack,\n  file: string,\n  at?: string,\n): string {",
).replace(
  "const path = workspacePath(stack, file.slice(0, -extension.length));",
  "const path = at ?? workspacePath(stack, file.slice(0, -extension.length));",
);
const UPLOAD_FILE = `/** Uploads a file. @returns its path in the workspace */
export function uploadFile(stack: JobStack, file: string): string {
  const id = \`file \${file}\`;
  const known = stack.node.tryFindChild(id) as WorkspaceFile | undefined;
  if (known !== undefined) return known.path;
  const path = workspacePath(stack, file);
  if (!isFirst(stack, path)) return path;
  return new WorkspaceFile(stack, id, {
    path,
    source: new TerraformAsset(stack, \`source of \${file}\`, {
      path: resolve(file),
    }).path,
  }).path;
}
`;
const UPLOAD_FOLDER = `/** Uploads a folder. @returns its path in the workspace */
export function uploadFolder(stack: JobStack, path: string): string {
  const id = \`folder \${path}\`;
  const known = stack.node.tryFindChild(id) as WorkspaceFolder | undefined;
  return (known ?? new WorkspaceFolder(stack, id, { path })).workspacePath;
}
`;
const UPLOADS = `/** The same relative path, below the environment's folder. */
function workspacePath(stack: JobStack, file: string): string {
  const path = relative(process.cwd(), resolve(file)).split(sep).join("/");
  return posix.join(
    stack.environment.notebookRoot,
    path.replace(/^(?:\\.\\.\\/)+/, ""),
  );
}

const uploads = new WeakMap<IConstruct, Set<string>>();

/** Only the first stack of an environment that needs a file uploads it. */
function isFirst(stack: JobStack, path: string): boolean {
  const paths = uploads.get(stack.node.root) ?? new Set<string>();
  uploads.set(stack.node.root, paths);
  const place = \`\${stack.environment.name} \${path}\`;
  if (paths.has(place)) return false;
  paths.add(place);
  return true;
}
`;
