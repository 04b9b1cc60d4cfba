import { printable, quote, type Setting } from "@jobstrata/core/model";
import { holdsSecret, shownChange, shownText } from "@jobstrata/core/render";
import type { Change } from "./compare";
import type { PlatformValue } from "./platform-defaults";
import { unescaped } from "./settings-walk";

/** Lists with keyed items, and the term for one item. */
const ITEMS: Readonly<Record<string, string>> = {
  environments: "environment",
  job_clusters: "job cluster",
  parameters: "parameter",
  rules: "health rule",
  tasks: "task",
};

/** The place of a setting, such as `task "load": ` and `notebook_task.base_parameters.mode`. */
function placeOf(path: readonly string[]): { readonly before: string; readonly name: string } {
  const at = lastList(path);
  if (at < 0) return { before: "", name: path.map(printable).join(".") };
  const outer = path.slice(0, at);
  const item = `${ITEMS[path[at] ?? ""] ?? ""} ${quote(path[at + 1] ?? "")}`;
  const holder = outer.length === 0 ? "" : `${outer.map(printable).join(".")}: `;
  const name = path
    .slice(at + 2)
    .map(printable)
    .join(".");
  return name === "" ? { before: holder, name: item } : { before: `${holder}${item}: `, name };
}

/** Index of the innermost list's name; -1 if there is none. Item keys may equal names of lists, so they are skipped. */
function lastList(path: readonly string[]): number {
  let found = -1;
  for (let at = 0; at < path.length - 1; at++)
    if (Object.hasOwn(ITEMS, path[at] ?? "")) found = at++;
  return found;
}

/** A change in one line: the live value and the code's value. */
export function changeText(change: Change, labelOf: (jobId: string) => string | undefined): string {
  const { kind, path } = change;
  if (kind === "permissions") return permissionText(change);
  const { before, name } = placeOf(path);
  if (kind === "paused") {
    return change.live === "PAUSED"
      ? `${before}${path[0] ?? ""} is paused; the code lets it run`
      : `${before}${path[0] ?? ""} is not paused; the code pauses it`;
  }
  const { live, code } = sidesOf(change, labelOf);
  if (live === undefined) return `${before}${name} is missing; the code has ${code ?? ""}`;
  if (code === undefined) return `${before}${name} is ${live}; the code does not set it`;
  return `${before}${name} is ${live}; the code has ${code}`;
}

function permissionText({ path, code, live }: Change): string {
  const who = printable(path[1] ?? "");
  const [wanted, level] = [code, live].map((side) =>
    printable(typeof side === "string" ? side : ""),
  );
  if (live === undefined) return `${who} has no permission; the code gives ${wanted ?? ""}`;
  const has = `${who} has ${level ?? ""}`;
  return `${has}; the code gives ${code === undefined ? "nothing" : (wanted ?? "")}`;
}

/** Both sides for display: secrets masked, defaults in place of missing values. */
export function sidesOf(
  change: Change,
  labelOf: (jobId: string) => string | undefined = () => undefined,
): { readonly code?: string; readonly live?: string } {
  const { path, code, live, shape } = change;
  const fallback = shape !== undefined && "default" in shape ? shape.default : undefined;
  const before = code ?? fallback;
  const after = live ?? fallback;
  const shown = shownChange({
    path,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(shape && { shape }),
  });
  const isJob = path.at(-1) === "job_id";
  const value = (text: string | undefined, of: Setting | undefined): string | undefined => {
    if (text === undefined) return undefined;
    const label = isJob ? labelOf(text) : undefined;
    const isDefault = of === undefined && fallback !== undefined;
    const written = quotedIfText(unescaped(text), of ?? fallback);
    if (isDefault) return `${written}, the default`;
    return label === undefined ? written : `${written} (${printable(label)})`;
  };
  const [own, other] = [value(shown.before, code), value(shown.after, live)];
  return { ...(own !== undefined && { code: own }), ...(other !== undefined && { live: other }) };
}

const MAX_TEXT = 200;

function quotedIfText(text: string, value: Setting | undefined): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return typeof value === "string" && !/^\(.*\)$/.test(text) ? quote(short) : printable(short);
}

/** Whether either side is a secret. */
export function isSecret({ code, live }: Change): boolean {
  return [code, live].some((value) => value !== undefined && holdsSecret(value));
}

/** A platform value in one line. */
export function givenText({ path, value, by }: PlatformValue): string {
  const { before, name } = placeOf(path);
  const { live = "" } = sidesOf({ kind: "changed", path, live: value });
  return `${before}${name} is ${live}, from the ${by}`;
}

/** A value for JSON, with secrets masked. */
export function plainValue(value: Setting): Setting {
  if (typeof value === "string") return unescaped(shownText(value));
  if (Array.isArray(value)) return (value as readonly Setting[]).map(plainValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainValue(each)]));
}
