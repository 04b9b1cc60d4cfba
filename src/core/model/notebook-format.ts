/** The source format of notebooks: code with a marker comment in the first line. */

/** Language and comment prefix of the source format, by file extension. */
export const NOTEBOOK_LANGUAGES = {
  ".py": { language: "PYTHON", comment: "#" },
  ".sql": { language: "SQL", comment: "--" },
  ".scala": { language: "SCALA", comment: "//" },
  ".r": { language: "R", comment: "#" },
} as const;

export type NotebookLanguage =
  (typeof NOTEBOOK_LANGUAGES)[keyof typeof NOTEBOOK_LANGUAGES]["language"];

/** Text after the comment prefix in the first line. */
export const NOTEBOOK_HEADER = "Databricks notebook source";

/** The source format for a file extension in any case; undefined for other extensions. */
export function sourceFormat(
  extension: string,
): { readonly language: NotebookLanguage; readonly firstLine: string } | undefined {
  const key = extension.toLowerCase();
  if (!Object.hasOwn(NOTEBOOK_LANGUAGES, key)) return undefined;
  const { language, comment } = NOTEBOOK_LANGUAGES[key as keyof typeof NOTEBOOK_LANGUAGES];
  return { language, firstLine: `${comment} ${NOTEBOOK_HEADER}` };
}
