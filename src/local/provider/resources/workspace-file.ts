import type { Schema } from "../schema";
import { mergeAnswer, type JsonObject } from "../wire";
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

export const workspaceFile = (schema: Schema): Resource => ({
  label: "workspace file",
  schema,
  validate: validateContent,
  resolve: resolveContent,

  async create(workspace, planned, files) {
    const content = readContent(planned, files);
    const path = textOf(planned, "path");
    await importContent(workspace, importBody(path, content));
    return { ...planned, id: path, md5: md5(content) };
  },

  async read(workspace, state, isNew) {
    const path = textOf(state, "id");
    const status = await getStatus(workspace, path);
    const merged = mergeAnswer(schema.block, state, status, isNew);
    return { ...merged, ...links(workspace, path), id: path, md5: state.md5 ?? null };
  },

  async update(workspace, planned, _prior, files) {
    const content = readContent(planned, files);
    await workspace.post("/api/2.0/workspace/import", importBody(textOf(planned, "id"), content));
    return { ...planned, md5: md5(content) };
  },

  async delete(workspace, state) {
    await workspace.post("/api/2.0/workspace/delete", { path: textOf(state, "id") });
  },
});

function importBody(path: string, content: Buffer): JsonObject {
  return { path, content: content.toString("base64"), format: "RAW", overwrite: true };
}
