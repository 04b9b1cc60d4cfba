import { closeSync, openSync, readSync, statSync } from "node:fs";
import { extname, relative, resolve, sep } from "node:path";
import type { LocalFile } from "../emit";

/**
 * Finds the files of a source as a project refers to them.
 *
 * @param folder that paths of the source are relative to
 * @param project the folder of the project
 */
export function localFilesOf(
  folder: string | undefined,
  project: string,
): (path: string) => LocalFile | undefined {
  const known = new Map<string, LocalFile | undefined>();
  return (path) => {
    if (folder === undefined && !path.startsWith("/")) return undefined;
    const file = resolve(folder ?? "/", path);
    if (!known.has(file)) known.set(file, localFile(file, project));
    return known.get(file);
  };
}

function localFile(file: string, project: string): LocalFile | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const path = relative(project, file).split(sep).join("/") || ".";
  if (stats.isDirectory()) return { path, kind: "folder" };
  return { path, kind: isNotebook(file) ? "notebook" : "file" };
}

/** How source notebooks begin, by their extensions. */
const FIRST_LINES: Readonly<Record<string, string>> = {
  ".py": "# Databricks notebook source",
  ".sql": "-- Databricks notebook source",
  ".scala": "// Databricks notebook source",
  ".r": "# Databricks notebook source",
};

function isNotebook(file: string): boolean {
  const extension = extname(file).toLowerCase();
  if (extension === ".ipynb") return true;
  const expected = FIRST_LINES[extension];
  if (expected === undefined) return false;
  const buffer = Buffer.alloc(200);
  const descriptor = openSync(file, "r");
  try {
    const text = buffer.toString("utf8", 0, readSync(descriptor, buffer));
    const [line = ""] = text.replace(/^\ufeff/, "").split(/\r?\n/);
    return line.trimEnd() === expected;
  } finally {
    closeSync(descriptor);
  }
}
