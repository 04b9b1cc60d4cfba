import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parityDocument } from "../../src/local/generate-parity";

/** Prettier, which has formatted the file, widens cells and escapes asterisks. */
const bare = (text: string): string =>
  text
    .replace(/-{3,}/g, "---")
    .replaceAll("\\", "")
    .replace(/[ \t]+/g, " ")
    .replace(/\n+/g, "\n")
    .trim();

describe("docs/local-parity.md", () => {
  it("is what the code makes (else: npm run generate:docs)", async () => {
    const file = join(__dirname, "..", "..", "docs", "local-parity.md");
    expect(bare(readFileSync(file, "utf8"))).toBe(bare(await parityDocument()));
  });
});
