import { stringify } from "yaml";
import type { Settings } from "@jobstrata/core/model";
import type { YamlFile } from "./yaml-segments";

/** Settings as block-style text with an indentation, each line with its line break. */
export function rawLines(file: YamlFile, settings: Settings, indent: number): string {
  if (Object.keys(settings).length === 0) return "";
  const text = stringify(settings, { lineWidth: 0, aliasDuplicateObjects: false });
  return indented(file, text, indent);
}

/** Indents every non-empty line. */
function indented({ newline }: YamlFile, text: string, indent: number): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? line : " ".repeat(indent) + line))
    .join(newline);
}

/** Text that other lines can follow. */
export function ended({ newline }: YamlFile, text: string): string {
  return text === "" || text.endsWith("\n") ? text : text + newline;
}

/** Shifts lines left or right; undefined if a line has too few blanks. */
export function shifted(text: string, by: number): string | undefined {
  if (by === 0) return text;
  const lines = text.split("\n");
  const moved = lines.map((line) => {
    if (line.trim() === "") return line;
    if (by > 0) return " ".repeat(by) + line;
    return line.startsWith(" ".repeat(-by)) ? line.slice(-by) : undefined;
  });
  return moved.every((line) => line !== undefined) ? moved.join("\n") : undefined;
}

/** A string as one line of YAML: plain if that parses to the same string, else quoted. */
export function scalarText(value: string): string {
  const plain =
    /^[A-Za-z_][\w./-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}
