/** Places in code. */

/** Matches a sticky pattern at `at`. */
export function matchAt(pattern: RegExp, code: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(code);
}

/** End of the line that contains `from`, before its line break. */
export function lineEnd(code: string, from: number): number {
  const found = code.indexOf("\n", from);
  return found === -1 ? code.length : found;
}

/** End of the next `mark`, or of the code. */
export function endOf(code: string, mark: string, from: number): number {
  const found = code.indexOf(mark, from);
  return found === -1 ? code.length : found + mark.length;
}

/** Offset of the closing quote of a string that starts at `from`, or the end of the code. */
export function endOfQuoted(code: string, from: number, quote: string, escapes: boolean): number {
  const marks = /["'`\\]/g;
  marks.lastIndex = from;
  for (let match = marks.exec(code); match !== null; match = marks.exec(code)) {
    if (match[0] === quote) return match.index;
    if (match[0] === "\\" && escapes) marks.lastIndex++;
  }
  return code.length;
}

export function nesting(character: string): number {
  return "([{".includes(character) ? 1 : ")]}".includes(character) ? -1 : 0;
}
