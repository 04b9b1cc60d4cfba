/** The source format of notebooks: code whose first line is a comment that says so. */

/** Language and comment mark of a notebook in the source format, by the extension of its file. */
export const NOTEBOOK_LANGUAGES = {
  ".py": { language: "PYTHON", comment: "#" },
  ".sql": { language: "SQL", comment: "--" },
  ".scala": { language: "SCALA", comment: "//" },
  ".r": { language: "R", comment: "#" },
} as const;

export type NotebookLanguage =
  (typeof NOTEBOOK_LANGUAGES)[keyof typeof NOTEBOOK_LANGUAGES]["language"];

/** What follows the comment mark in the first line. */
export const NOTEBOOK_HEADER = "Databricks notebook source";

/** The extension with its format, in any case; undefined for that of another file. */
export function sourceFormat(
  extension: string,
): { readonly language: NotebookLanguage; readonly firstLine: string } | undefined {
  const key = extension.toLowerCase();
  if (!Object.hasOwn(NOTEBOOK_LANGUAGES, key)) return undefined;
  const { language, comment } = NOTEBOOK_LANGUAGES[key as keyof typeof NOTEBOOK_LANGUAGES];
  return { language, firstLine: `${comment} ${NOTEBOOK_HEADER}` };
}
