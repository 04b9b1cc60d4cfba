import { printable } from "../../../model/text";
import type { DocumentTask } from "../../document";

/** Maximum characters of a name: a box of thousands would hide all others. */
const MAX_CHARACTERS = 44;
/** The pixels of a character of a fixed-width font of 12 pixels. */
const CHARACTER = 7.25;

/** The width of a box whose longest line is this one, in pixels. */
export function widthOf(lines: readonly string[]): number {
  const longest = lines.reduce((most, line) => Math.max(most, lengthOf(line)), 0);
  return Math.round(longest * CHARACTER + 26);
}

/** What a task does, without the folders of a notebook. */
export function shortWhat({ what, notebook }: DocumentTask): string {
  return notebook === undefined ? what : (what.split("/").at(-1) ?? "");
}

/** Text that is safe to show, and not longer than a box is wide. */
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

/** In characters of a fixed-width font, of which Chinese and emoji take two. */
function lengthOf(text: string): number {
  let length = 0;
  for (const character of text) length += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return length;
}
