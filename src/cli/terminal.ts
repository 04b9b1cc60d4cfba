import { type Style, styleOf } from "@jobstrata/core/report";
import type { Terminal } from "./live-screen";

/** The terminal of stdout, if it supports drawing. Not used in CI, where nobody watches even if it looks like a terminal. */
export function terminalOf(
  stream: NodeJS.WriteStream = process.stdout,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Terminal | undefined {
  const ci = env.CI !== undefined && !["", "0", "false"].includes(env.CI);
  if (!stream.isTTY || ci || env.TERM === "dumb") return undefined;
  return {
    get columns() {
      return stream.columns > 0 ? stream.columns : 80;
    },
    get rows() {
      return stream.rows > 0 ? stream.rows : 24;
    },
    write: (text) => stream.write(text),
    onResize: (changed) => {
      stream.on("resize", changed);
      return () => stream.off("resize", changed);
    },
  };
}

/** Colours and symbols for stdout. */
export function styleFor(
  stream: { readonly isTTY?: boolean } = process.stdout,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Style {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0";
  const refused = (env.NO_COLOR ?? "") !== "" || env.FORCE_COLOR === "0";
  const color = !refused && (forced || (stream.isTTY === true && env.TERM !== "dumb"));
  const locale = env.LC_ALL ?? env.LC_CTYPE ?? env.LANG ?? "";
  // CI logs show UTF-8 whatever the machine's locale.
  const unicode = env.TERM !== "linux" && (stream.isTTY !== true || /utf-?8/i.test(locale));
  return styleOf({ color, unicode });
}
