import { createHash } from "node:crypto";
import type { Upload } from "../reading";
import { workspacePath } from "../notebook/identity";
import type { Resource } from "./resources";

const FILES = /^databricks_(?:notebook|workspace_file|file|dbfs_file)$/;

/** The notebooks and files that resources upload. */
export function uploadsOf(resources: readonly Resource[]): Upload[] {
  return resources.flatMap(({ type, values, unknown }) => {
    const { path, md5, content_base64: content } = values;
    if (!FILES.test(type) || typeof path !== "string") return [];
    const digest = unknown.md5 === true ? undefined : digestOf(md5, content);
    const place = workspacePath(path);
    return [{ path: place, ...(digest !== undefined && { digest }) }];
  });
}

/** A plan has the digest of the last apply, or `different` if the content has changed since. */
function digestOf(md5: unknown, content: unknown): string | undefined {
  if (typeof md5 === "string" && (md5 === "different" || /^[0-9a-f]{32}$/i.test(md5)))
    return md5.toLowerCase();
  if (typeof content !== "string" || content === "") return undefined;
  return createHash("md5").update(Buffer.from(content, "base64")).digest("hex");
}
