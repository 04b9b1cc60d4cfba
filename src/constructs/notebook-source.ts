import { isSourceNotebook } from "@jobstrata/core/notebook-file";
import { readFileSync, statSync } from "node:fs";
import { basename, extname, posix, resolve } from "node:path";
import type { JobConfig, JobTaskNotebookTask } from "@cdktf/provider-databricks/lib/job";
import { Notebook } from "@cdktf/provider-databricks/lib/notebook";
import { TerraformAsset } from "cdktf";
import type { Construct } from "constructs";
import { JobstrataError } from "@jobstrata/core/errors";
import {
  DIRTY_STATES,
  type DirtyState,
  errorText,
  GIT_PROVIDERS,
  type GitProvider,
  mark,
  NOTEBOOK_LANGUAGES,
  printable,
  quote,
  sourceFormat,
} from "@jobstrata/core/model";
import { type JobStack, pathInProject } from "./job-stack";
import { exactlyOne, filled, object, oneOf, type Shapes, text } from "./shape";

/** The arguments of a job that refer to its notebook. @internal */
export interface NotebookConfig {
  readonly job: Pick<JobConfig, "gitSource">;
  readonly task: Pick<JobTaskNotebookTask, "notebookPath" | "source">;
}

/** The revision of a git repository; exactly one of the three. */
export type GitReference =
  | { readonly branch: string; readonly tag?: never; readonly commit?: never }
  | { readonly tag: string; readonly branch?: never; readonly commit?: never }
  | { readonly commit: string; readonly branch?: never; readonly tag?: never };

/** Options of {@link NotebookSource.fromFile}. */
interface FileNotebookOptions {
  /**
   * Absolute workspace path to upload the notebook to, without extension. Each environment in a workspace needs its
   * own.
   * @default - the file's path in the project, below the environment's notebook folder
   */
  readonly workspacePath?: string;
}

/** Options of {@link NotebookSource.fromGit}. */
export type GitNotebookOptions = GitReference & {
  readonly url: string;
  /** Path relative to the repository root, without extension. */
  readonly path: string;
  readonly provider: GitProvider;
  /** Location of the job's definition in the repository, for jobs that the workspace syncs with it. @default - none */
  readonly jobSource?: {
    readonly jobConfigPath: string;
    readonly importFromGitBranch: string;
    readonly dirtyState?: DirtyState;
  };
};

const GIT: Shapes<Record<keyof GitNotebookOptions, unknown>> = {
  url: filled,
  path: text,
  provider: oneOf(...GIT_PROVIDERS),
  branch: filled,
  tag: filled,
  commit: filled,
  jobSource: object(
    {
      jobConfigPath: filled,
      importFromGitBranch: filled,
      dirtyState: oneOf(...DIRTY_STATES),
    },
    "jobConfigPath",
    "importFromGitBranch",
  ),
};

const SOURCE = Symbol.for("jobstrata/NotebookSource");

/** The source of the notebook of an atomic job. */
export class NotebookSource {
  readonly #config: (job: Construct, stack: JobStack, key: string) => NotebookConfig;

  private constructor(
    /** Name of the notebook without folder and extension; the default task key. */
    public readonly name: string,
    config: (job: Construct, stack: JobStack, key: string) => NotebookConfig,
  ) {
    this.#config = config;

    mark(this, SOURCE, true);
  }

  /** True for a {@link NotebookSource}, including one from another copy of this package. */
  public static isNotebookSource(value: object): value is NotebookSource {
    return SOURCE in value;
  }

  /**
   * A local notebook file. A deployment uploads it to the environment's notebook folder, at its path in the project.
   *
   * @param path absolute, or relative to the app's working directory; a notebook in Databricks' source format (`.py`,
   *   `.sql`, `.scala`, `.r`, with its first line) or an `.ipynb`
   * @throws {JobstrataError} `invalid-notebook` if the file does not exist or is not a notebook
   */
  public static fromFile(path: string, options: FileNotebookOptions = {}): NotebookSource {
    check(filled(path, "path"));
    check(object<FileNotebookOptions>({ workspacePath: filled })(options, "options"));
    const { workspacePath } = options;
    if (workspacePath !== undefined && !/^(?:\/|\$\{)/.test(workspacePath)) {
      check(
        `workspacePath ${quote(workspacePath)} of notebook ${quote(path)} must be absolute, such as "/Shared/x"`,
      );
    }
    const file = resolve(path);
    const format = formatOf(path, file);
    return new NotebookSource(stem(file), (job, stack, key) => {
      const path = pathInProject(file);
      const uploadPath = stack.claimUpload(
        path.slice(0, -extname(path).length),
        file,
        workspacePath,
      );
      // The notebook gets the job's name, so that both are found together: databricks_notebook.<key>,
      // databricks_job.<key>.
      const asset = new TerraformAsset(job, "source", { path: file });
      const notebook = new Notebook(job, "notebook", {
        path: uploadPath,
        source: asset.path,
        ...format,
      });
      notebook.overrideLogicalId(key);
      return { job: {}, task: { notebookPath: `\${databricks_notebook.${key}.path}` } };
    });
  }

  /**
   * An existing notebook in the workspace.
   *
   * @param path absolute, such as `/Workspace/Shared/x` or `/Repos/…`
   * @throws {JobstrataError} `invalid-notebook` for a relative path
   */
  public static fromWorkspace(path: string): NotebookSource {
    check(text(path, "path"));
    if (!path.startsWith("/") && !path.includes("${")) {
      throw new JobstrataError(
        "invalid-notebook",
        `workspace notebook ${quote(path)} must have an absolute path, such as "/Workspace/Shared/x"; NotebookSource.fromFile takes a local file`,
      );
    }
    return new NotebookSource(stem(path), () => ({ job: {}, task: { notebookPath: path } }));
  }

  /**
   * A notebook in a git repository, checked out for each run.
   *
   * @throws {JobstrataError} `invalid-notebook` for an unknown provider, a path outside the repository or with an
   *   extension, or unless exactly one of branch, tag and commit is set
   */
  public static fromGit(options: GitNotebookOptions): NotebookSource {
    const given = object(GIT, "url", "path", "provider");
    check(exactlyOne(given, "branch", "tag", "commit")(options, "git notebook"));
    const { path, ...gitSource } = options;
    const fail = (problem: string): void => {
      check(`git notebook ${quote(path)} ${problem}`);
    };
    if (path === "" || path.startsWith("/") || path.startsWith("."))
      fail('must be relative to the root of the repository, without "/" or "./" before it');
    const extension = extname(path).toLowerCase();
    if (extension === ".ipynb" || sourceFormat(extension) !== undefined)
      fail(`must have no extension: ${quote(path.slice(0, -extension.length))}`);
    return new NotebookSource(stem(path), () => ({
      job: { gitSource },
      task: { notebookPath: path, source: "GIT" },
    }));
  }

  /** A generated Python notebook, uploaded under this name. @internal */
  public static fromContent(name: string, content: string): NotebookSource {
    return new NotebookSource(name, (job, stack, key) => {
      const notebook = new Notebook(job, "notebook", {
        path: posix.join(stack.environment.notebookRoot || "/", "stand-ins", name),
        language: "PYTHON",
        contentBase64: Buffer.from(content).toString("base64"),
      });
      notebook.overrideLogicalId(key);
      return { job: {}, task: { notebookPath: `\${databricks_notebook.${key}.path}` } };
    });
  }

  /** Creates the constructs for the notebook in the job's stack. @internal */
  public bind(job: Construct, stack: JobStack, key: string): NotebookConfig {
    return this.#config(job, stack, key);
  }
}

function check(problem: string | undefined): void {
  if (problem !== undefined) throw new JobstrataError("invalid-notebook", problem);
}

const LANGUAGES: ReadonlySet<string> = new Set(
  Object.values(NOTEBOOK_LANGUAGES).map(({ language }) => language),
);

function formatOf(
  path: string,
  file: string,
): { readonly language: string; readonly format: string } {
  const fail = (problem: string): never => {
    throw new JobstrataError("invalid-notebook", `notebook ${quote(path)} ${problem}`);
  };
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return fail(`does not exist (looked in ${quote(process.cwd())})`);
  if (!stats.isFile()) return fail("is not a file");

  const extension = extname(file).toLowerCase();
  if (extension === ".ipynb") return { language: jupyterLanguage(file, fail), format: "JUPYTER" };
  const source = sourceFormat(extension);
  if (source === undefined) return fail(`must end with .py, .sql, .scala, .r or .ipynb`);
  if (!isSourceNotebook(file)) {
    return fail(`is not a Databricks notebook: its first line must be ${quote(source.firstLine)}`);
  }
  return { language: source.language, format: "SOURCE" };
}

interface Jupyter {
  readonly cells?: unknown;
  readonly metadata?: { readonly language_info?: { readonly name?: unknown } };
}

function jupyterLanguage(file: string, fail: (problem: string) => never): string {
  let content: Jupyter | null;
  try {
    content = JSON.parse(readFileSync(file, "utf8")) as Jupyter | null;
  } catch (error) {
    return fail(`is not a Jupyter notebook: ${errorText(error)}`);
  }
  if (!Array.isArray(content?.cells))
    return fail('is not a Jupyter notebook: it has no list of "cells"');
  const name = content.metadata?.language_info?.name ?? "python";
  const language = typeof name === "string" ? name.toUpperCase() : "";
  if (!LANGUAGES.has(language)) {
    return fail(
      `has the language ${printable(JSON.stringify(name))}; Databricks runs ${[...LANGUAGES].join(", ")}`,
    );
  }
  return language;
}

function stem(path: string): string {
  return basename(path, extname(path));
}
