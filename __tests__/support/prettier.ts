import * as estree from "prettier/plugins/estree";
import * as typescript from "prettier/plugins/typescript";
import { format } from "prettier/standalone";

/** TypeScript as Prettier formats it by default. Its main module loads plugins in a way that jest does not have. */
export function formatted(code: string): Promise<string> {
  return format(code, { parser: "typescript", plugins: [estree as never, typescript] });
}
