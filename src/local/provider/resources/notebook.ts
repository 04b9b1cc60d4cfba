import { extname } from "node:path";
import type { Obj } from "../cty";
import { error } from "../diagnostic";
import type { Schema } from "../schema";
import { jsonInteger, mergeAnswer, type JsonObject } from "../wire";
import type { Workspace } from "../workspace";
import {
  getStatus,
  importContent,
  links,
  md5,
  readContent,
  resolveContent,
  validateContent,
} from "./file-content";
import { textOf, type Resource } from "./resource";

/** Language and format of a notebook by its file extension. */
const BY_EXTENSION: Readonly<Record<string, { language: string; format: string }>> = {
  ".scala": { language: "SCALA", format: "SOURCE" },
  ".py": { language: "PYTHON", format: "SOURCE" },
  ".sql": { language: "SQL", format: "SOURCE" },
  ".r": { language: "R", format: "SOURCE" },
  ".ipynb": { language: "", format: "JUPYTER" },
  ".dbc": { language: "", format: "DBC" },
};

export const notebook = (schema: Schema): Resource => ({
  label: "notebook",
  schema,

  validate(config, files) {
    const needsLanguage = config.content_base64 !== null && config.language === null;
    const detail = '"content_base64": all of `content_base64,language` must be specified';
    return [
      ...validateContent(config, files),
      ...(needsLanguage ? [error("Missing required argument", detail, ["content_base64"])] : []),
    ];
  },

  resolve: resolveContent,

  async create(workspace, planned, files) {
    const content = readContent(planned, files);
    const { language, format } = kind(planned);
    const path = textOf(planned, "path");
    const body = { ...importBody(path, content, language, format), overwrite: format !== "DBC" };
    const answer = await importContent(workspace, body);
    return {
      ...planned,
      ...links(workspace, path),
      id: path,
      md5: md5(content),
      language: language || null,
      format,
      object_type: planned.object_type ?? "NOTEBOOK",
      object_id: jsonInteger(answer.object_id),
    };
  },

  async read(workspace, state, isNew) {
    const path = textOf(state, "id");
    const status = await getStatus(workspace, path);
    const format = textOf(state, "format") || kind(state).format;
    return {
      ...mergeAnswer(schema.block, state, status, isNew),
      ...links(workspace, path),
      id: path,
      md5: state.md5 ?? null,
      format,
    };
  },

  async update(workspace, planned, _prior, files) {
    const content = readContent(planned, files);
    const path = textOf(planned, "id");
    const format = textOf(planned, "format");
    if (format === "DBC") await remove(workspace, path, true);
    const body = importBody(path, content, textOf(planned, "language"), format);
    const answer = await importContent(workspace, { ...body, overwrite: format !== "DBC" });
    const id = jsonInteger(answer.object_id) || (planned.object_id ?? null);
    return { ...planned, ...links(workspace, path), md5: md5(content), object_id: id };
  },

  /** In the SOURCE format, the workspace stores exactly what was sent. */
  isComplete: (state) => state.format === "SOURCE",

  async delete(workspace, state) {
    const type = textOf(state, "object_type");
    await remove(workspace, textOf(state, "id"), type !== "NOTEBOOK" && type !== "FILE");
  },
});

function kind(state: Obj): { language: string; format: string } {
  const language = textOf(state, "language");
  const format = textOf(state, "format");
  if (language !== "") return { language, format: format || "SOURCE" };
  const extension = extname(textOf(state, "source")).toLowerCase();
  return BY_EXTENSION[extension] ?? { language: "", format: format || "SOURCE" };
}

function importBody(path: string, content: Buffer, language: string, format: string): JsonObject {
  return {
    path,
    content: content.toString("base64"),
    ...(language === "" ? {} : { language }),
    ...(format === "" ? {} : { format }),
  };
}

async function remove(workspace: Workspace, path: string, recursive: boolean): Promise<void> {
  await workspace.post("/api/2.0/workspace/delete", { path, ...(recursive ? { recursive } : {}) });
}
