import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { PACKAGE_FOLDER } from "./package-folder";

/** The help text: an overview, then a section per topic. In a checkout it is beside the README. */
const FILES = [join(PACKAGE_FOLDER, "help"), join(PACKAGE_FOLDER, "..", "..", "help")];

/** The heading of a topic's section: `=== run`. */
const TOPIC = /^=== (\S+)\n/m;

function parts(): Map<string, string> {
  const [overview = "", ...others] = readFileSync(FILES.find(existsSync) ?? "", "utf8").split(
    TOPIC,
  );
  const found = new Map([["", overview]]);
  for (let at = 0; at < others.length; at += 2) found.set(others[at] ?? "", others[at + 1] ?? "");
  return found;
}

/** What `--help` prints. */
export const helpText = (): string => `${(parts().get("") ?? "").trimEnd()}\n`;

export const helpTopics = (): string[] => [...parts().keys()].filter((topic) => topic !== "");

/** The section of a topic, or all of them for `all`. @throws {JobstrataError} `config` if the topic does not exist */
export function topicText(topic: string, commands: readonly string[]): string {
  const all = parts();
  if (topic === "all") return [...all.values()].map((part) => part.trimEnd()).join("\n\n");
  const text = all.get(topic);
  if (text !== undefined && topic !== "") return text.trimEnd();
  const topics = helpTopics();
  throw new JobstrataError(
    "config",
    `there is no help on ${quoteWithSuggestion(topic, [...topics, ...commands])}; there is on ${topics.join(", ")} and each command`,
  );
}
