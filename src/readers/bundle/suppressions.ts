import type { SourceSuppression } from "../../model/suppression";
import { relativePath } from "../relative-path";

const COMMENT = /(?:^|\s)#\s*jobstrata-ignore\b(.*)$/;

/**
 * The comments of a YAML file that excuse findings:
 *
 *     # jobstrata-ignore serverless, retries until 2027-03-31: moved in the second quarter
 *
 * A comment at the end of a line excuses what is written in that line, one in a line of its own what is written in the
 * next line.
 */
export function readSuppressions(path: string, text: string): SourceSuppression[] {
  if (!text.includes("jobstrata-ignore")) return [];
  const lines = text.split(/\r?\n/);
  return lines.flatMap((line, at): SourceSuppression[] => {
    const match = COMMENT.exec(line);
    if (match === null) return [];
    const own = line.trimStart().startsWith("#");
    let target = at;
    if (own) {
      target++;
      while (/^\s*(?:#.*)?$/.test(lines[target] ?? "x")) target++;
    }
    return [
      {
        ...parseSuppression(match[1] ?? ""),
        location: { file: relativePath(path), line: at + 1, column: line.indexOf("#") + 1 },
        line: target + 1,
      },
    ];
  });
}

/** Reads `RULE, RULE until YYYY-MM-DD: reason`. */
function parseSuppression(text: string): Pick<SourceSuppression, "rules" | "reason" | "until"> {
  const colon = text.indexOf(":");
  const head = colon === -1 ? text : text.slice(0, colon);
  const [, names = "", until] = /^(.*?)(?:\suntil\s+(\S+)\s*)?$/.exec(head) ?? [];
  return {
    rules: names.split(/[\s,]+/).filter((name) => name !== ""),
    reason: colon === -1 ? "" : text.slice(colon + 1).trim(),
    ...(until !== undefined && { until }),
  };
}
