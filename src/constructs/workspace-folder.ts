import { posixRelative } from "@jobstrata/core/paths";
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { WorkspaceFile } from "@cdktf/provider-databricks/lib/workspace-file";
import { TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { JobStack, pathInProject } from "./job-stack";
import { placeOf } from "./place-of";
import { filled, object, type Shapes } from "./shape";

/** Options of a {@link WorkspaceFolder}. */
export interface WorkspaceFolderProps {
  /** Folder of the project: absolute, or relative to the app's working directory. */
  readonly path: string;
}

const PROPS: Shapes<WorkspaceFolderProps> = { path: filled };

/**
 * A folder of files that notebooks use, such as a Python package that they import. A deployment uploads all files to
 * the environment's notebook folder, at their paths in the project, so that relative paths from notebooks stay valid.
 * Excludes hidden files and compiled Python files.
 */
export class WorkspaceFolder extends Construct {
  /** Path of the folder in the workspace. */
  public readonly workspacePath: string;

  /**
   * @throws {JobstrataError} `invalid-workspace-folder` if the path is not a folder, or the folder is empty or contains
   *   a file that is too large; `no-environment` outside a {@link JobStack}
   */
  public constructor(scope: Construct, id: string, props: WorkspaceFolderProps) {
    const place = placeOf(scope, id, "workspace folder");
    const problem = object(PROPS, "path")(props, "");
    if (problem !== undefined)
      throw new JobstrataError("invalid-workspace-folder", `${place} ${problem}`);
    super(scope, id);
    const stack = JobStack.of(this);
    const folder = resolve(props.path);
    const fail = (problem: string): never => {
      throw new JobstrataError(
        "invalid-workspace-folder",
        `[${this.node.path}] folder ${quote(props.path)} ${problem}`,
      );
    };
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      fail(`does not exist (looked in ${quote(process.cwd())})`);
    const files = filesIn(folder);
    if (files.length === 0) fail("has no files to upload");

    this.workspacePath = stack.claimUpload(pathInProject(folder), folder);
    for (const file of files) {
      const name = posixRelative(folder, file);
      if (statSync(file).size > MAX_SIZE)
        fail(`has ${quote(name)}, which is larger than the 10 MB that can be imported`);
      const source = new TerraformAsset(this, `source:${name}`, { path: file });
      const path = stack.claimUpload(pathInProject(file), file);
      new WorkspaceFile(this, name, { path, source: source.path });
    }
  }
}

/** Maximum file size; bytes: https://docs.databricks.com/api/workspace/workspace/import */
const MAX_SIZE = 10_000_000;

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith(".") && name !== "__pycache__" && !name.endsWith(".pyc"))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesIn(path) : entry.isFile() ? [path] : [];
    })
    .sort();
}
