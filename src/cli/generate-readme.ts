/** Draws the alerting hierarchy into the README: part of `npm run generate:docs`. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runGraph } from "./graph/command";

const BEGIN = "<!-- graph: npm run generate:docs -->";
const END = "<!-- /graph -->";

/** The README with the hierarchy as `main.ts` has it today. */
export async function withHierarchy(readme: string): Promise<string> {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`the README has no ${BEGIN} … ${END}`);
  const drawing = await hierarchyOfMain();
  return `${readme.slice(0, begin)}${BEGIN}\n\n\`\`\`mermaid\n${drawing}\`\`\`\n\n${readme.slice(end)}`;
}

async function hierarchyOfMain(): Promise<string> {
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
      {
        target: "dev",
        format: "mermaid",
        level: "jobs",
        direction: "down",
        orientation: "LR",
      },
      io,
    );
    return drawing;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  writeFileSync("README.md", await withHierarchy(readFileSync("README.md", "utf8")));
}

if (require.main === module) void main();
