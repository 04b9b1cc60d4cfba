import type { Io } from "./io";

/** Commands that this program gives to a runner: findings, and the report that `review` writes. */
const OWN =
  /^(?:::(?:error|warning|notice) |##vso\[task\.logissue |##vso\[task\.uploadsummary\].*\bjobstrata-review-[^/\\]*\.md$)/;
const ANYWHERE = /##(?=(?:vso)?\[)/gi;

/**
 * Text in which a CI runner finds no commands: Azure Pipelines takes `##vso[…]` from anywhere in a line, GitHub Actions
 * `##[…]` as well, and `::…::` from its start. Names of jobs and files must not act there.
 */
const withoutCommands = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.replace(ANYWHERE, "# #").replace(/^(\s*):(?=:.*::)/, "$1: "))
    .join("\n");

/** The same of what is printed as data: JSON keeps its values, and the program its own commands. */
function guardedData(text: string): string {
  if (!text.includes("##") && !text.includes("::")) return text;
  if (isJson(text)) return text.replace(ANYWHERE, "#\\u0023");
  return text
    .split("\n")
    .map((line) => (OWN.test(line) ? line : withoutCommands(line)))
    .join("\n");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Prints to a runner of GitHub Actions or Azure Pipelines so that it takes no foreign text for a command. */
export function guardedIo(io: Io, env: Readonly<NodeJS.ProcessEnv>): Io {
  if (env.GITHUB_ACTIONS !== "true" && env.TF_BUILD === undefined) return io;
  return {
    out: (text) => {
      io.out(guardedData(text));
    },
    err: (text) => {
      io.err(withoutCommands(text));
    },
    exitCode: io.exitCode,
  };
}
