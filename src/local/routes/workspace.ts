import type { Readable } from "node:stream";
import * as z from "zod";
import { ApiError, invalidParameter, malformedRequest, notJson, pathNotFound } from "../api-error";
import type { Clock } from "../clock";
import type { Notebook, WorkspaceFile } from "../execute/executor";
import { parse } from "../schema/parse";
import { object } from "../schema/shape";
import type { Store, WorkspaceObject } from "../store";
import type { Identity } from "./permissions";
import { flag, get, post, RawAnswer, type Route } from "./route";

/** The content of a notebook or file; bytes. */
const MAX_CONTENT = 10 * 1024 * 1024;
const MAX_PATH = 4096;
const MAX_SEGMENT = 255;

const LANGUAGES = ["PYTHON", "SCALA", "SQL", "R"] as const;
const FORMATS = ["SOURCE", "AUTO", "RAW", "HTML", "JUPYTER", "DBC", "R_MARKDOWN"] as const;
const EXTENSIONS: Record<string, string> = { PYTHON: "py", SCALA: "scala", SQL: "sql", R: "r" };
/** The first line of a notebook's source says that it is one. */
const MARKER = /^(?:#|--|\/\/) Databricks notebook source\r?(?:\n|$)/;

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
    const found = store.object(canonical(path));
    if (found === undefined) throw pathNotFound(path);
    return found;
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
          importObject(store, clock, request, content);
        } else {
          const request = parse(importBody, parseJson(body as Buffer));
          importObject(store, clock, request, decode(request.content ?? ""));
        }
      },
    },
    get(
      "workspace/get-status",
      ["2.0"],
      object({ path: z.string(), return_git_info: flag.optional() }),
      ({ query }) => ({
        ...view(load(query.path)),
        path: query.path,
      }),
    ),
    get(
      "workspace/list",
      ["2.0"],
      object({ path: z.string(), notebooks_modified_after: z.string().optional() }),
      ({ query }) => {
        const found = load(query.path);
        const listed = found.object_type === "DIRECTORY" ? store.children(found.path) : [found];
        return listed.length === 0 ? {} : { objects: listed.map(view) };
      },
    ),
    get("workspace/export", ["2.0"], exportQuery, ({ query }) => {
      const found = load(query.path);
      if (found.object_type === "DIRECTORY")
        throw invalidParameter(
          `${query.path} is a folder; only notebooks and files can be exported.`,
        );
      const format = query.format ?? "SOURCE";
      const content = store.objectContent(found.path) ?? Buffer.alloc(0);
      // A notebook is kept, and given back, in the format that it came in.
      const isJupyter = found.object_type === "NOTEBOOK" && jupyterLanguage(content) !== undefined;
      if (!["SOURCE", "AUTO", "RAW", ...(isJupyter ? ["JUPYTER"] : [])].includes(format))
        throw unsupported("format", format);
      if (query.direct_download === true) return new RawAnswer(content, "application/octet-stream");
      const file_type = isJupyter
        ? "ipynb"
        : found.language === null
          ? ""
          : (EXTENSIONS[found.language] ?? "");
      return { content: content.toString("base64"), file_type };
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
          store.children(found.path).length > 0
        ) {
          throw new ApiError(
            400,
            "DIRECTORY_NOT_EMPTY",
            `Folder ${body.path} is not empty. Use recursive to delete it with everything in it.`,
          );
        }
        store.deleteTree(found.path);
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
  const found = store.object(place);
  if (found?.object_type !== "NOTEBOOK") return undefined;
  const source = store.objectContent(place)?.toString() ?? "";
  return { path, language: found.language ?? "PYTHON", source };
}

/** The files, no notebooks, in a folder and in the folders below it. */
export function* readFiles(store: Store, folder: string): Generator<WorkspaceFile> {
  for (const { path, object_type } of store.children(canonical(folder))) {
    if (object_type === "DIRECTORY") yield* readFiles(store, path);
    else if (object_type === "FILE")
      yield { path, content: store.objectContent(path) ?? Buffer.alloc(0) };
  }
}

/** The language of a Jupyter notebook; undefined of what is none. */
function jupyterLanguage(content: Buffer): (typeof LANGUAGES)[number] | undefined {
  if (!/^\s*\{/.test(content.toString("utf8", 0, 100))) return undefined;
  try {
    const { cells, metadata } = JSON.parse(content.toString()) as {
      cells?: unknown;
      metadata?: { language_info?: { name?: unknown } } | null;
    };
    if (!Array.isArray(cells)) return undefined;
    const name = metadata?.language_info?.name;
    return (
      LANGUAGES.find((each) => typeof name === "string" && each === name.toUpperCase()) ?? "PYTHON"
    );
  } catch {
    return undefined;
  }
}

function importObject(
  store: Store,
  clock: Clock,
  request: Omit<Import, "content">,
  content: Buffer,
): void {
  const { format = "SOURCE", overwrite = false } = request;
  let { language } = request;
  if (content.length > MAX_CONTENT) {
    throw new ApiError(
      400,
      "MAX_NOTEBOOK_SIZE_EXCEEDED",
      `The content of ${request.path} exceeds ${MAX_CONTENT} bytes.`,
    );
  }
  if (!["SOURCE", "AUTO", "RAW", "JUPYTER"].includes(format)) throw unsupported("format", format);
  let path = canonical(request.path);
  const extension = /\.(py|scala|sql|r|ipynb)$/i.exec(path)?.[1]?.toLowerCase();
  const isJupyter = format === "JUPYTER" || (format === "AUTO" && extension === "ipynb");
  if (isJupyter) {
    language ??= jupyterLanguage(content);
    if (language === undefined)
      throw invalidParameter(`${request.path} is not a Jupyter notebook: it has no list of cells.`);
  }
  const isNotebook =
    isJupyter ||
    format === "SOURCE" ||
    (format === "AUTO" && extension !== undefined && MARKER.test(content.toString("utf8", 0, 200)));
  if (isNotebook) {
    if (format === "AUTO") {
      language ??= LANGUAGES.find((name) => EXTENSIONS[name] === extension);
      path = path.slice(0, path.lastIndexOf("."));
    }
    if (language === undefined)
      throw invalidParameter("language is required when the format is SOURCE.");
  }
  const parent = path.slice(0, path.lastIndexOf("/")) || "/";
  if (path === "/") throw invalidParameter("The root folder cannot be imported over.");
  store.atomically(() => {
    if (parent !== "/" && store.object(parent)?.object_type !== "DIRECTORY") {
      throw new ApiError(
        404,
        "RESOURCE_DOES_NOT_EXIST",
        `The parent folder (${parent}) does not exist.`,
      );
    }
    const before = store.object(path);
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
    store.putObject(path, type, isNotebook ? (language ?? null) : null, content, clock.now());
  });
}

function makeFolders(store: Store, path: string, now: number): void {
  let folder = "";
  for (const segment of ["", ...path.split("/").filter(Boolean)]) {
    folder = segment === "" ? "/" : `${folder === "/" ? "" : folder}/${segment}`;
    const found = store.object(folder);
    if (found === undefined) store.putObject(folder, "DIRECTORY", null, null, now);
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

const unsupported = (field: string, value: string): ApiError =>
  invalidParameter(
    `The local workspace does not support ${field} ${value}; use SOURCE, AUTO, RAW or JUPYTER.`,
  );

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch (error) {
    throw notJson(error);
  }
}

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
