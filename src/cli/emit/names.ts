/** `alertingTables` of `alerting_tables_job`. */
export function memberName(key: string): string {
  const words = wordsOf(key.replace(/_job$/, ""));
  const name = words
    .map((word, at) => (at === 0 ? word.toLowerCase() : capital(word.toLowerCase())))
    .join("");
  return /^[a-z_$]/.test(name) && !RESERVED.has(name) ? name : `${name}Job`.replace(/^(?=\d)/, "_");
}

/** `AlertingTables` of `alerting_tables_job`. */
export function className(key: string): string {
  const name = wordsOf(key.replace(/_job$/, ""))
    .map((word) => capital(word.toLowerCase()))
    .join("");
  return name === "" ? "Job" : name;
}

/** Converts a free-form name to an identifier: letters, digits and `_`, beginning with a letter. */
export function keyOf(name: string): string {
  if (/^[A-Za-z_][\w-]{0,99}$/.test(name)) return name;
  const plain = wordsOf(name.normalize("NFKD").replace(/\p{M}/gu, ""))
    .join("_")
    .toLowerCase()
    .slice(0, 100);
  if (plain === "") return "job";
  return /^[a-z]/.test(plain) ? plain : `job_${plain}`;
}

/** `workspace_current_user_short_name` of `workspace.current_user.short_name`. */
export function variableName(path: string): string {
  return path
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .replace(/^(?=\d)/, "_");
}

/** `name`, or the first free of `name_2`, `name_3` …; marks it as taken. */
export function unique(name: string, taken: Set<string>, join = "_"): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}${join}${count}`;
  taken.add(free);
  return free;
}

const wordsOf = (text: string): string[] =>
  text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Reserved names and names that generated code already uses. */
const RESERVED = new Set(
  (
    "app arguments await break case catch class const continue debugger default delete do else enum environment " +
    "environments eval export extends false finally for function if implements import in instanceof interface job " +
    "jobs let new null package private protected public return stack static super switch this throw true try " +
    "typeof undefined var void while with yield"
  ).split(" "),
);
