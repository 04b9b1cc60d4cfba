import type { Unit } from "./values";

/** The code of a whole file. */
export function unitOf(
  file: string,
  source: string,
  lineOf: (line: number) => number = (line) => line,
): Unit {
  let starts: number[] | undefined;
  return {
    file,
    lineAt(offset) {
      if (starts === undefined) {
        starts = [0];
        for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1))
          starts.push(at + 1);
      }
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return lineOf(low) + 1;
    },
  };
}
