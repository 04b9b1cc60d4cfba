import type { Readable } from "node:stream";
import * as z from "zod";
import { ApiError, invalidParameter, malformedRequest } from "../../api-error";
import type { Clock } from "../../clock";
import { parse } from "../../schema/parse";
import { object } from "../../schema/shape";
import type { Store } from "../../store";
import { EXTENSIONS, FORMATS, unsupported } from "./formats";
import { isSourceNotebook, jupyterLanguage, LANGUAGES } from "./notebook-format";
import { canonical, parentOf } from "./paths";

/** Maximum size of a notebook or file; bytes. */
const MAX_CONTENT = 10 * 1024 * 1024;
/** Formats that can be imported. */
const IMPORTED: readonly string[] = ["SOURCE", "AUTO", "RAW", "JUPYTER"];

export const importBody = object({
  content: z.string().optional(),
  format: z.enum(FORMATS).optional(),
  language: z.enum(LANGUAGES).optional(),
  overwrite: z.boolean().optional(),
  path: z.string(),
});
type Import = z.infer<typeof importBody>;

const EXTENSION = /\.(py|scala|sql|r|ipynb)$/i;

/** The workspace path of an imported file: notebooks lose their extension. */
export function importedPath(path: string, content: Buffer): string {
  const place = canonical(path);
  const extension = EXTENSION.exec(place)?.[1]?.toLowerCase();
  if (extension === undefined) return place;
  const isNotebook =
    extension === "ipynb"
      ? jupyterLanguage(content.toString()) !== undefined
      : isSourceNotebook(content.toString("utf8", 0, 200));
  return isNotebook ? place.slice(0, place.lastIndexOf(".")) : place;
}

export function importObject(
  store: Store,
  clock: Clock,
  request: Omit<Import, "content">,
  content: Buffer,
): { object_id: number } {
  const { format = "SOURCE" } = request;
  if (content.length > MAX_CONTENT) {
    throw new ApiError(
      400,
      "MAX_NOTEBOOK_SIZE_EXCEEDED",
      `The content of ${request.path} exceeds ${MAX_CONTENT} bytes.`,
    );
  }
  if (!IMPORTED.includes(format)) throw unsupported("import", format, IMPORTED);
  const imported = importedAs(request, content);
  const { path } = imported;
  if (path === "/") throw invalidParameter("The root folder cannot be imported over.");
  return store.atomically(() => {
    checkPlace(store, imported, request);
    const { type, language = null } = imported;
    store.objects.put(path, type, language, content, clock.now());
    return { object_id: store.objects.get(path)?.object_id ?? 0 };
  });
}

/** What an import creates. */
interface Imported {
  readonly path: string;
  readonly type: "NOTEBOOK" | "FILE";
  readonly language?: Import["language"];
}

function importedAs(request: Omit<Import, "content">, content: Buffer): Imported {
  const { format = "SOURCE" } = request;
  let { language } = request;
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
  if (!isNotebook) return { path, type: "FILE" };
  if (format === "AUTO") {
    language ??= LANGUAGES.find((name) => EXTENSIONS[name] === extension);
    path = path.slice(0, path.lastIndexOf("."));
  }
  if (language === undefined)
    throw invalidParameter("language is required when the format is SOURCE.");
  return { path, type: "NOTEBOOK", language };
}

/** @throws {ApiError} if the parent folder does not exist, or the path is taken */
function checkPlace(
  store: Store,
  { path, type }: Imported,
  { path: given, overwrite = false }: Omit<Import, "content">,
): void {
  const parent = parentOf(path);
  if (parent !== "/" && store.objects.get(parent)?.object_type !== "DIRECTORY") {
    throw new ApiError(
      404,
      "RESOURCE_DOES_NOT_EXIST",
      `The parent folder (${parent}) does not exist.`,
    );
  }
  const taken = (why: string): ApiError => new ApiError(400, "RESOURCE_ALREADY_EXISTS", why);
  const before = store.objects.get(path)?.object_type;
  if (before === undefined) return;
  if (before !== type) throw taken(`${given} exists as a ${before}; it cannot become a ${type}.`);
  if (!overwrite)
    throw taken(`${given} already exists. Please pass overwrite as true to overwrite it.`);
}

export function makeFolders(store: Store, path: string, now: number): void {
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

export function decode(content: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(content))
    throw invalidParameter("content is not valid base64.");
  return Buffer.from(content, "base64");
}

export async function readForm(
  body: Buffer,
  contentType: string,
): Promise<{ request: Import; content: Buffer }> {
  // Loaded on demand: most clients send JSON.
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
  // A form holds the content as a raw file or as a base64 field.
  const content = chunks.length > 0 ? Buffer.concat(chunks) : decode(request.content ?? "");
  return { request, content };
}
