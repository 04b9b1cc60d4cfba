import { printable } from "../../../model/text";
import type { DocumentTask } from "../../document";

/** Maximum characters of a name: a box of thousands would hide all others. */
const MAX_CHARACTERS = 44;
/** Width of a character of a 12-pixel fixed-width font; pixels. */
const CHARACTER = 7.25;

/** Width of a box with these lines; pixels. */
export function widthOf(lines: readonly string[]): number {
  const longest = lines.reduce((most, line) => Math.max(most, lengthOf(line)), 0);
  return Math.round(longest * CHARACTER + 26);
}

/** A task's description, without the folders of a notebook. */
export function shortWhat({ what, notebook }: DocumentTask): string {
  return notebook === undefined ? what : (what.split("/").at(-1) ?? "");
}

/** Printable text, truncated to the width of a box. */
export function cut(text: string, most = MAX_CHARACTERS): string {
  const shown = printable(text.slice(0, 500));
  if (lengthOf(shown) <= most) return shown;
  let length = 0;
  let kept = "";
  for (const character of shown) {
    length += lengthOf(character);
    if (length > most - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Length in columns of a fixed-width font. Chinese characters and emoji take two. */
function lengthOf(text: string): number {
  let length = 0;
  for (const character of text) length += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return length;
}
