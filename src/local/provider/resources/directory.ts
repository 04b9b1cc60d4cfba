import { ConfigurationError } from "../diagnostic";
import type { Schema } from "../schema";
import { jsonText, mergeAnswer } from "../wire";
import { getStatus, links } from "./file-content";
import { textOf, type Resource } from "./resource";

export const directory = (schema: Schema): Resource => ({
  label: "directory",
  schema,

  resolve(config, prior) {
    const path = prior?.path;
    return typeof path === "string" && config.path === `${path}/` ? { ...config, path } : config;
  },

  async create(workspace, planned) {
    const path = textOf(planned, "path");
    await workspace.post("/api/2.0/workspace/mkdirs", { path });
    return { ...planned, id: path };
  },

  async read(workspace, state, isNew) {
    const path = textOf(state, "id");
    const status = await getStatus(workspace, path);
    if (status.object_type !== "DIRECTORY") {
      throw new ConfigurationError(
        `different object type, ${jsonText(status.object_type)}, on this path other than a directory`,
        ["path"],
      );
    }
    return {
      ...mergeAnswer(schema.block, state, status, isNew),
      delete_recursive: state.delete_recursive ?? null,
      workspace_path: links(workspace, path).workspace_path ?? null,
      id: path,
    };
  },

  update: (_workspace, planned) => Promise.resolve(planned),

  async delete(workspace, state) {
    await workspace.post("/api/2.0/workspace/delete", {
      path: textOf(state, "id"),
      ...(state.delete_recursive === true ? { recursive: true } : {}),
    });
  },
});
