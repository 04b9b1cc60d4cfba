import type { SourceLocation } from "../../model/source-location";
import { relativePath } from "../../paths";

/** A file and its content. */
export interface YamlText {
  readonly path: string;
  readonly text: string;
}

/** Cache of line start offsets by file. */
const lineStarts = new WeakMap<YamlText, readonly number[]>();

/** Converts an offset in a file to a location. */
export function locationAt({
  file,
  offset,
}: {
  readonly file: YamlText;
  readonly offset: number;
}): SourceLocation {
  let starts = lineStarts.get(file);
  if (starts === undefined) {
    const found = [0];
    for (let at = file.text.indexOf("\n"); at !== -1; at = file.text.indexOf("\n", at + 1))
      found.push(at + 1);
    lineStarts.set(file, (starts = found));
  }
  let line = 0;
  for (let end = starts.length; end - line > 1;) {
    const middle = (line + end) >> 1;
    if ((starts[middle] ?? 0) <= offset) line = middle;
    else end = middle;
  }
  const column = offset - (starts[line] ?? 0) + 1;
  return { file: relativePath(file.path), line: line + 1, column };
}
