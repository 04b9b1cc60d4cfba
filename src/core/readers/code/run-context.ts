import { dirname, isAbsolute, resolve } from "node:path";
import type { RunContextUse } from "../../model/lineage";
import { jupyterCode } from "../../model/notebook-cells";

/** Reads code files by absolute path. */
interface Files {
  read(file: string): string | undefined;
}

/** Patterns of code that uses the run context, by kind of use. */
const PATTERNS: readonly (readonly [RunContextUse["kind"], RegExp])[] = [
  ["task-values", /\btaskValues\s*(?:\(\s*\))?\s*\.\s*get\b/],
  ["run-id", /\b(?:currentRunId|multitaskParentRunId|jobRunId|rootRunId|taskRunId)\b/],
  ["run-id", /\bspark\.databricks\.(?:job\.\w+|clusterUsageTags\.(?:clusterAllTags|clusterName))/],
  ["cluster", /\bglobal_temp\b|\bcreate(?:OrReplace)?GlobalTempView\b/],
  ["cluster", /\bGLOBAL\s+TEMP(?:ORARY)?\s+VIEW\b/i],
  ["cluster", /\bfile:\/(?!\/*Workspace\b)|["'`]\/(?:tmp|local_disk0|databricks\/driver)\b/],
];

/** Tags of the notebook context that differ between runs. Checked only if the code reads the context. */
const CONTEXT = /\bgetContext\b|\bnotebook_utils\b|\bentry_point\b/;
const CONTEXT_TAG = /["'](?:jobId|runId|idInJob|jobGroup|jobName|taskKey|parentRunId)["']/;

/** `%run ./x`, and `dbutils.notebook.run("./x", …)`. */
const INCLUDED =
  /(?:^|\s)%run\s+(?:"([^"]+)"|'([^']+)'|(\S+))|\bnotebook\s*\.\s*run\s*\(\s*["']([^"']+)["']/g;

/** Full-line comments, except MAGIC lines, which are code. */
const COMMENT = /^\s*(?:#(?! MAGIC)|--(?! MAGIC)|\/\/(?! MAGIC))/;

const EXTENSIONS = ["", ".py", ".ipynb", ".sql", ".scala", ".r", ".R"];
const MAX_FILES = 50;

/**
 * Uses of the run context in a file, including notebooks that it runs by a literal path. Ignores comments on their own
 * lines.
 *
 * @returns undefined if the file does not exist or is not text
 */
export function runContextOf(file: string, files: Files): RunContextUse[] | undefined {
  const found = new Map<string, RunContextUse>();
  const seen = new Set([file]);
  for (const each of seen) {
    const text = files.read(each);
    if (text === undefined) {
      if (each === file) return undefined;
      continue;
    }
    const lines = (each.endsWith(".ipynb") ? jupyterCode(text) : text).split(/\r\n|\n|\r/);
    const code = lines.filter((line) => !COMMENT.test(line));
    const asks = code.some((line) => CONTEXT.test(line));
    for (const line of code) {
      for (const [kind, pattern] of PATTERNS) note(kind, pattern.exec(line)?.[0]);
      if (asks) note("run-id", CONTEXT_TAG.exec(line)?.[0]);
      for (const [, a, b, c, d] of line.matchAll(INCLUDED)) {
        const path = includedFile(each, a ?? b ?? c ?? d ?? "", files);
        if (path !== undefined && seen.size < MAX_FILES) seen.add(path);
      }
    }
  }
  return [...found.values()];

  function note(kind: RunContextUse["kind"], text: string | undefined): void {
    const what = text?.trim();
    if (what !== undefined) found.set(`${kind} ${what}`, { kind, text: what });
  }
}

function includedFile(from: string, path: string, files: Files): string | undefined {
  if (path === "" || isAbsolute(path)) return undefined;
  const base = resolve(dirname(from), path);
  return EXTENSIONS.map((extension) => base + extension).find(
    (candidate) => files.read(candidate) !== undefined,
  );
}
