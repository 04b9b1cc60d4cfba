import * as z from "zod";
import { ApiError, invalidParameter, pathNotFound } from "../../api-error";
import type { Clock } from "../../clock";
import { readJson } from "../../http/messages";
import { flag, get, post, RawAnswer, type Route } from "../../http/route";
import { parse } from "../../schema/parse";
import { object } from "../../schema/shape";
import type { Store } from "../../store";
import type { Identity } from "../identity/identity";
import { exported, isJupyter } from "./export";
import { FORMATS } from "./formats";
import { decode, importBody, importedPath, importObject, makeFolders, readForm } from "./import";
import { canonical, parentOf, pathInUrl } from "./paths";
import type { WorkspaceObject } from "./store";

const exportQuery = object({
  path: z.string(),
  format: z.enum(FORMATS).optional(),
  direct_download: flag.optional(),
  outputs: z.string().optional(),
});

export function workspaceRoutes(store: Store, clock: Clock, me: Identity): Route[] {
  for (const folder of ["/Shared", `/Users/${me.userName}`, "/Repos"])
    makeFolders(store, folder, clock.now());

  const load = (path: string): WorkspaceObject => {
    const found = store.objects.get(canonical(path));
    if (found === undefined) throw pathNotFound(path);
    return found;
  };

  // The Terraform provider creates notebooks and files concurrently. If several need the same new folder, all but one
  // fail, and it does not retry them because the folder exists by then. Creating the folder first avoids this.
  const makeParent = (path: string, userAgent = ""): void => {
    if (!userAgent.startsWith("databricks-tf-provider/")) return;
    store.atomically(() => {
      makeFolders(store, parentOf(canonical(path)), clock.now());
    });
  };

  return [
    {
      method: "POST",
      path: "workspace/import",
      versions: ["2.0"],
      query: object({}),
      body: undefined,
      rawBody: true,
      handle: async ({ body, headers }) => {
        const type = headers["content-type"] ?? "";
        if (type.startsWith("multipart/form-data")) {
          const { request, content } = await readForm(body as Buffer, type);
          makeParent(request.path, headers["user-agent"]);
          return importObject(store, clock, request, content);
        }
        const request = parse(importBody, readJson(body as Buffer));
        makeParent(request.path, headers["user-agent"]);
        return importObject(store, clock, request, decode(request.content ?? ""));
      },
    },
    {
      method: "POST",
      path: "workspace-files/import-file/**",
      versions: ["2.0"],
      query: object({ overwrite: flag.optional() }).strip(),
      body: undefined,
      rawBody: true,
      handle: ({ wildcard, query, body }) => {
        const { overwrite = false } = query as { overwrite?: boolean };
        const path = pathInUrl(wildcard);
        const taken = objectAt(store, importedPath(path, body as Buffer));
        if (taken !== undefined && !overwrite) {
          throw new ApiError(409, "RESOURCE_ALREADY_EXISTS", `${path} already exists.`);
        }
        importObject(store, clock, { path, format: "AUTO", overwrite }, body as Buffer);
      },
    },
    {
      method: "GET",
      path: "workspace-files/**",
      versions: ["2.0"],
      query: object({}).strip(),
      body: undefined,
      rawBody: false,
      handle: ({ wildcard }) => {
        const found = load(pathInUrl(wildcard));
        if (found.object_type === "DIRECTORY")
          throw invalidParameter(`${found.path} is a folder, not a file.`);
        const content = store.objects.content(found.path) ?? Buffer.alloc(0);
        return new RawAnswer(content, "application/octet-stream");
      },
    },
    get(
      "workspace/get-status",
      ["2.0"],
      object({
        path: z.string(),
        return_export_info: flag.optional(),
        return_git_info: flag.optional(),
      }),
      ({ query }) => {
        const found = load(query.path);
        const exported =
          query.return_export_info === true && found.object_type === "NOTEBOOK"
            ? { repos_export_format: isJupyter(store, found) ? "JUPYTER" : "SOURCE" }
            : {};
        return { ...view(found), ...exported, path: query.path };
      },
    ),
    get(
      "workspace/list",
      ["2.0"],
      object({ path: z.string(), notebooks_modified_after: z.string().optional() }),
      ({ query }) => {
        const found = load(query.path);
        const listed =
          found.object_type === "DIRECTORY" ? store.objects.children(found.path) : [found];
        return listed.length === 0 ? {} : { objects: listed.map(view) };
      },
    ),
    get("workspace/export", ["2.0"], exportQuery, ({ query }) => {
      const found = load(query.path);
      if (found.object_type === "DIRECTORY")
        throw invalidParameter(
          `${query.path} is a folder; only notebooks and files can be exported.`,
        );
      const { content, extension } = exported(store, found, query.format ?? "SOURCE");
      if (query.direct_download === true) return new RawAnswer(content, "application/octet-stream");
      return { content: content.toString("base64"), file_type: extension };
    }),
    post("workspace/mkdirs", ["2.0"], object({ path: z.string() }), ({ body }) => {
      store.atomically(() => {
        makeFolders(store, canonical(body.path), clock.now());
      });
    }),
    post(
      "workspace/delete",
      ["2.0"],
      object({ path: z.string(), recursive: z.boolean().optional() }),
      ({ body }) => {
        const found = load(body.path);
        if (found.path === "/" || found.path === `/Users/${me.userName}`) {
          throw new ApiError(400, "DIRECTORY_PROTECTED", `Folder ${body.path} is protected`);
        }
        if (
          body.recursive !== true &&
          found.object_type === "DIRECTORY" &&
          store.objects.children(found.path).length > 0
        ) {
          throw new ApiError(
            400,
            "DIRECTORY_NOT_EMPTY",
            `Folder ${body.path} is not empty. Use recursive to delete it with everything in it.`,
          );
        }
        store.objects.delete(found.path);
      },
    ),
  ];
}

const objectAt = (store: Store, path: string): WorkspaceObject | undefined =>
  path === "/" ? undefined : store.objects.get(path);

function view(found: WorkspaceObject): Record<string, unknown> {
  return {
    object_type: found.object_type,
    path: found.path,
    object_id: found.object_id,
    resource_id: String(found.object_id),
    ...(found.language === null ? {} : { language: found.language }),
    ...(found.object_type === "DIRECTORY"
      ? {}
      : { created_at: found.created_at, modified_at: found.modified_at, size: found.size }),
  };
}
