import type { SourceSuppression } from "../../model/suppression";
import { relativePath } from "../../paths";

const COMMENT = /(?:^|\s)#\s*jobstrata-ignore\b(.*)$/;

/**
 * Reads the suppression comments of a YAML file:
 *
 *     # jobstrata-ignore serverless, retries until 2027-03-31: moved in the second quarter
 *
 * A comment at the end of a line applies to that line, a comment on its own line to the next one.
 */
export function readSuppressions(path: string, text: string): SourceSuppression[] {
  if (!text.includes("jobstrata-ignore")) return [];
  const lines = text.split(/\r?\n/);
  const file = relativePath(path);
  const found: SourceSuppression[] = [];
  // Read backwards, so that the line after a comment is known.
  let below = lines.length;
  for (let at = lines.length - 1; at >= 0; at--) {
    const line = lines[at] ?? "";
    const content = line.trimStart();
    const own = content === "" || content.startsWith("#");
    if (!own) below = at;
    const match = COMMENT.exec(line);
    if (match === null) continue;
    found.push({
      ...parseSuppression(match[1] ?? ""),
      location: { file, line: at + 1, column: line.indexOf("#") + 1 },
      line: below + 1,
    });
  }
  return found.reverse();
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
