import { type ApiError, invalidParameter } from "../../api-error";

export const FORMATS = ["SOURCE", "AUTO", "RAW", "HTML", "JUPYTER", "DBC", "R_MARKDOWN"] as const;
export const EXTENSIONS: Record<string, string> = {
  PYTHON: "py",
  SCALA: "scala",
  SQL: "sql",
  R: "r",
};
export const unsupported = (what: string, format: string, known: readonly string[]): ApiError =>
  invalidParameter(
    `The local workspace cannot ${what} the format ${format}; use ${known.join(", ")}.`,
  );
