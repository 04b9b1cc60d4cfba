import type { Readable } from "node:stream";
import * as z from "zod";
import { ApiError, invalidParameter, malformedRequest, pathNotFound } from "../../api-error";
import type { Clock } from "../../clock";
import type { Notebook, WorkspaceFile } from "../../execute/executor";
import { readJson } from "../../http/messages";
import {
  isSourceNotebook,
  jupyterLanguage,
  jupyterToSource,
  type Language,
  LANGUAGES,
  sourceToJupyter,
} from "./notebook-format";
import { parse } from "../../schema/parse";
import { object } from "../../schema/shape";
import type { Store } from "../../store";
import type { WorkspaceObject } from "./store";
import type { Identity } from "../permissions/routes";
import { flag, get, post, RawAnswer, type Route } from "../../http/route";

/** The content of a notebook or file; bytes. */
const MAX_CONTENT = 10 * 1024 * 1024;
const MAX_PATH = 4096;
const MAX_SEGMENT = 255;

const FORMATS = ["SOURCE", "AUTO", "RAW", "HTML", "JUPYTER", "DBC", "R_MARKDOWN"] as const;
const EXTENSIONS: Record<string, string> = { PYTHON: "py", SCALA: "scala", SQL: "sql", R: "r" };
/** How this workspace asks for formats that it can't read or write. */
const IMPORTED: readonly string[] = ["SOURCE", "AUTO", "RAW", "JUPYTER"];

const importBody = object({
  content: z.string().optional(),
  format: z.enum(FORMATS).optional(),
  language: z.enum(LANGUAGES).optional(),
  overwrite: z.boolean().optional(),
  path: z.string(),
});
type Import = z.infer<typeof importBody>;

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

  // Of notebooks and files that it creates at once in a new folder, this provider gives up those that fail for want of the
  // folder and find, looking again, that another one has made it.
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

/** The notebook at a path as a task or `%run` names it, if there is one. */
export function readNotebook(store: Store, path: string): Notebook | undefined {
  let place: string;
  try {
    place = canonical(path);
  } catch {
    return undefined;
  }
  const found = store.objects.get(place);
  if (found?.object_type !== "NOTEBOOK") return undefined;
  const source = store.objects.content(place)?.toString() ?? "";
  return { path, language: found.language ?? "PYTHON", source };
}

/** The files, no notebooks, in a folder and in the folders below it. */
export function* readFiles(store: Store, folder: string): Generator<WorkspaceFile> {
  for (const { path, object_type } of store.objects.children(canonical(folder))) {
    if (object_type === "DIRECTORY") yield* readFiles(store, path);
    else if (object_type === "FILE")
      yield { path, content: store.objects.content(path) ?? Buffer.alloc(0) };
  }
}

/** Whether a notebook came as one of Jupyter, in which form it is kept. */
function isJupyter(store: Store, { path }: WorkspaceObject): boolean {
  return jupyterLanguage(store.objects.content(path)?.toString() ?? "") !== undefined;
}

/** What a notebook or file is exported as. @throws {ApiError} for a format that it can't have */
function exported(
  store: Store,
  found: WorkspaceObject,
  format: (typeof FORMATS)[number],
): { content: Buffer; extension: string } {
  const content = store.objects.content(found.path) ?? Buffer.alloc(0);
  if (found.object_type === "FILE") {
    if (!["SOURCE", "AUTO", "RAW"].includes(format))
      throw invalidParameter(
        `${found.path} is a file, which can be exported as SOURCE, AUTO or RAW only (got ${format}).`,
      );
    return { content, extension: "" };
  }
  const language = (found.language ?? "PYTHON") as Language;
  const text = content.toString();
  const fromJupyter = jupyterLanguage(text) !== undefined;
  // AUTO is the form in which it came.
  const asJupyter =
    format === "JUPYTER" || (fromJupyter && (format === "AUTO" || format === "RAW"));
  if (!asJupyter && !["SOURCE", "AUTO", "RAW"].includes(format))
    throw unsupported("export", format, ["SOURCE", "AUTO", "JUPYTER"]);
  if (asJupyter === fromJupyter)
    return { content, extension: asJupyter ? "ipynb" : (EXTENSIONS[language] ?? "") };
  return asJupyter
    ? { content: Buffer.from(sourceToJupyter(text, language)), extension: "ipynb" }
    : {
        content: Buffer.from(jupyterToSource(text, language) ?? text),
        extension: EXTENSIONS[language] ?? "",
      };
}

/** The path in the URL of a file, where its slashes may be encoded. @throws {ApiError} */
function pathInUrl(encoded: string): string {
  try {
    return `/${decodeURIComponent(encoded)}`;
  } catch {
    throw malformedRequest("The path in the URL is not encoded as it should be.");
  }
}

const EXTENSION = /\.(py|scala|sql|r|ipynb)$/i;

/** Where a file that is imported comes to stand: a notebook loses its extension. */
function importedPath(path: string, content: Buffer): string {
  const place = canonical(path);
  const extension = EXTENSION.exec(place)?.[1]?.toLowerCase();
  if (extension === undefined) return place;
  const isNotebook =
    extension === "ipynb"
      ? jupyterLanguage(content.toString()) !== undefined
      : isSourceNotebook(content.toString("utf8", 0, 200));
  return isNotebook ? place.slice(0, place.lastIndexOf(".")) : place;
}

const objectAt = (store: Store, path: string): WorkspaceObject | undefined =>
  path === "/" ? undefined : store.objects.get(path);

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

function importObject(
  store: Store,
  clock: Clock,
  request: Omit<Import, "content">,
  content: Buffer,
): { object_id: number } {
  const { format = "SOURCE", overwrite = false } = request;
  let { language } = request;
  if (content.length > MAX_CONTENT) {
    throw new ApiError(
      400,
      "MAX_NOTEBOOK_SIZE_EXCEEDED",
      `The content of ${request.path} exceeds ${MAX_CONTENT} bytes.`,
    );
  }
  if (!IMPORTED.includes(format)) throw unsupported("import", format, IMPORTED);
  let path = canonical(request.path);
  const extension = EXTENSION.exec(path)?.[1]?.toLowerCase();
  const isJupyter = format === "JUPYTER" || (format === "AUTO" && extension === "ipynb");
  if (isJupyter) {
    language ??= jupyterLanguage(content.toString());
    if (language === undefined)
      throw invalidParameter(`${request.path} is not a Jupyter notebook: it has no list of cells.`);
  }
  const isNotebook =
    isJupyter ||
    format === "SOURCE" ||
    (format === "AUTO" &&
      extension !== undefined &&
      isSourceNotebook(content.toString("utf8", 0, 200)));
  if (isNotebook) {
    if (format === "AUTO") {
      language ??= LANGUAGES.find((name) => EXTENSIONS[name] === extension);
      path = path.slice(0, path.lastIndexOf("."));
    }
    if (language === undefined)
      throw invalidParameter("language is required when the format is SOURCE.");
  }
  const parent = parentOf(path);
  if (path === "/") throw invalidParameter("The root folder cannot be imported over.");
  return store.atomically(() => {
    if (parent !== "/" && store.objects.get(parent)?.object_type !== "DIRECTORY") {
      throw new ApiError(
        404,
        "RESOURCE_DOES_NOT_EXIST",
        `The parent folder (${parent}) does not exist.`,
      );
    }
    const before = store.objects.get(path);
    const type = isNotebook ? "NOTEBOOK" : "FILE";
    if (
      before?.object_type === "DIRECTORY" ||
      (before !== undefined && before.object_type !== type)
    ) {
      throw new ApiError(
        400,
        "RESOURCE_ALREADY_EXISTS",
        `${request.path} exists as a ${before.object_type}; it cannot become a ${type}.`,
      );
    }
    if (before !== undefined && !overwrite) {
      throw new ApiError(
        400,
        "RESOURCE_ALREADY_EXISTS",
        `${request.path} already exists. Please pass overwrite as true to overwrite it.`,
      );
    }
    store.objects.put(path, type, isNotebook ? (language ?? null) : null, content, clock.now());
    return { object_id: store.objects.get(path)?.object_id ?? 0 };
  });
}

function makeFolders(store: Store, path: string, now: number): void {
  let folder = "";
  for (const segment of ["", ...path.split("/").filter(Boolean)]) {
    folder = segment === "" ? "/" : `${folder === "/" ? "" : folder}/${segment}`;
    const found = store.objects.get(folder);
    if (found === undefined) store.objects.put(folder, "DIRECTORY", null, null, now);
    else if (found.object_type !== "DIRECTORY") {
      throw new ApiError(400, "RESOURCE_ALREADY_EXISTS", `${folder} exists and is not a folder.`);
    }
  }
}

/**
 * The one way to write a path: `/Workspace` in front means the same as nothing. A path can go nowhere but down, whatever
 * later makes a file of it.
 */
export function canonical(path: string): string {
  if (!path.startsWith("/"))
    throw invalidParameter(
      `Path (${path.slice(0, 200)}) must be absolute: it must start with "/".`,
    );
  if (Buffer.byteLength(path) > MAX_PATH)
    throw invalidParameter(`The path must not exceed ${MAX_PATH} bytes.`);
  const segments = path.replace(/\/$/, "").split("/").slice(1);
  for (const segment of segments) {
    if (segment === "" || segment === "." || segment === ".." || /[\p{Cc}\\]/u.test(segment)) {
      throw invalidParameter(
        `Path (${path.slice(0, 200)}) is not valid: "${segment}" cannot be a part of a path.`,
      );
    }
    if (Buffer.byteLength(segment) > MAX_SEGMENT) {
      throw invalidParameter(
        `Path (${path.slice(0, 200)}) is not valid: a name must not exceed ${MAX_SEGMENT} bytes.`,
      );
    }
  }
  if (segments[0] === "Workspace") segments.shift();
  return `/${segments.join("/")}`;
}

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

function decode(content: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(content))
    throw invalidParameter("content is not valid base64.");
  return Buffer.from(content, "base64");
}

const unsupported = (what: string, format: string, known: readonly string[]): ApiError =>
  invalidParameter(
    `The local workspace cannot ${what} the format ${format}; use ${known.join(", ")}.`,
  );

async function readForm(
  body: Buffer,
  contentType: string,
): Promise<{ request: Import; content: Buffer }> {
  // Loaded when it is needed: most clients send JSON.
  const { Busboy } = await import("@fastify/busboy");
  const fields: Record<string, unknown> = {};
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: unknown): void => {
      reject(malformedRequest(`The form cannot be read: ${String(error)}`));
    };
    let form: InstanceType<typeof Busboy>;
    try {
      form = new Busboy({
        headers: { "content-type": contentType },
        limits: { fields: 20, files: 1 },
      });
    } catch (error) {
      refuse(error);
      return;
    }
    form.on("field", (name, value) => (fields[name] = value));
    form.on("file", (name: string, stream: Readable) => {
      fields[name] = "";
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    });
    form.on("finish", resolve);
    form.on("error", refuse);
    form.end(body);
  });
  const { overwrite } = fields;
  const request = parse(importBody, {
    ...fields,
    ...(overwrite === undefined ? {} : { overwrite: overwrite === "true" }),
  });
  // A form may hold the content as a file, as it is, or as a field, in base64.
  const content = chunks.length > 0 ? Buffer.concat(chunks) : decode(request.content ?? "");
  return { request, content };
}
