/** Shared code of notebooks and workspace files, whose content comes from a file or from the configuration. */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { UNKNOWN, type Obj } from "../cty";
import { error, type Diagnostic } from "../diagnostic";
import type { SourceFiles } from "../source-files";
import { conflicts } from "../validate";
import { jsonText, type JsonObject } from "../wire";
import { ApiError, type Workspace } from "../workspace";
import { textOf } from "./resource";

export function validateContent(config: Obj, files: SourceFiles): Diagnostic[] {
  const problems = conflicts(config, ["content_base64", "source"]);
  const { source, content_base64: content, path } = config;
  if (typeof source === "string" && source !== "" && !files.exists(source)) {
    problems.push(error(files.notFound(source), "", ["source"]));
  }
  if (typeof content === "string" && !isBase64(content)) {
    problems.push(error("content_base64 is not valid base64", "", ["content_base64"]));
  }
  if (typeof path === "string") problems.push(...validatePath(path));
  return problems;
}

function validatePath(path: string): Diagnostic[] {
  if (path === "") return [error("Path must not be empty", "", ["path"])];
  if (path.startsWith("dbfs:")) return [error("Remove `dbfs:` prefix", "", ["path"])];
  const clean = posix.normalize(path).replace(/(.)\/$/, "$1");
  if (clean === path) return [];
  const detail = `Replace value with ${clean} to avoid resource replacement`;
  return [error("Clean path required", detail, ["path"])];
}

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(
    text.replace(/[\r\n]/g, ""),
  );
}

/** Keeps the digest of the last apply if the content is unchanged. */
export function resolveContent(config: Obj, prior: Obj | null, files: SourceFiles): Obj {
  if (prior === null || config.md5 !== null || config.content_base64 === UNKNOWN) return config;
  let digest: string;
  try {
    digest = md5(readContent(config, files));
  } catch {
    return config;
  }
  return digest === prior.md5 ? { ...config, md5: digest } : config;
}

/** @throws {ConfigurationError} if the file cannot be read */
export function readContent(state: Obj, files: SourceFiles): Buffer {
  const content = textOf(state, "content_base64");
  return content === "" ? files.read(textOf(state, "source")) : Buffer.from(content, "base64");
}

export function md5(content: Buffer): string {
  return createHash("md5").update(content).digest("hex");
}

/** Imports a file or notebook. Creates its folder if it is missing. */
export async function importContent(workspace: Workspace, body: JsonObject): Promise<JsonObject> {
  const path = jsonText(body.path);
  try {
    return await workspace.post("/api/2.0/workspace/import", body);
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || !/parent folder .* does not exist/i.test(thrown.message)) {
      throw thrown;
    }
    await workspace.post("/api/2.0/workspace/mkdirs", { path: posix.dirname(path) });
    return workspace.post("/api/2.0/workspace/import", body);
  }
}

/** The status of the workspace object at `path`. */
export function getStatus(workspace: Workspace, path: string): Promise<JsonObject> {
  return workspace.get("/api/2.0/workspace/get-status", { path });
}

/** The computed arguments that depend on the path only. */
export function links(workspace: Workspace, path: string): Obj {
  return { url: `${workspace.host}/#workspace${path}`, workspace_path: `/Workspace${path}` };
}
