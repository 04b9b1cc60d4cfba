/** Draws the alerting hierarchy for the README: part of `npm run generate:docs`. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runGraph } from "./graph/command";

/** The README's picture. */
export const PICTURE = "docs/alerting.svg";

/** The hierarchy of `main.ts` as SVG. */
export async function pictureOfMain(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "jobstrata-readme-"));
  try {
    const env = { ...process.env, CDKTF_OUTDIR: folder };
    execFileSync(process.execPath, ["-r", "tsx/cjs", "main.ts"], { env });
    let drawing = "";
    const io = {
      out: (line: string) => (drawing += `${line}\n`),
      err: (line: string) => process.stderr.write(`${line}\n`),
      exitCode: 0,
    };
    await runGraph(
      [folder],
      { target: "dev", format: "svg", level: "jobs", direction: "down", orientation: "LR" },
      io,
    );
    return drawing;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  writeFileSync(PICTURE, await pictureOfMain());
}

if (require.main === module) void main();
