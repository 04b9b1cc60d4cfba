import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../e2e/support/processes";
import { tempFolder } from "../../support/policy";
import { jobstrata, type Said } from "../program-support";

const FIXTURES = join(ROOT, "__tests__", "fixtures");
const MARK = "<!-- Written by jobstrata docs, which replaces and removes this file. -->";

const docs = (bundle: string, folder: string, ...args: string[]): Promise<Said> =>
  jobstrata("docs", bundle, "-o", folder, ...args);

/** Every file with its text and the time of its last change. */
function contentOf(folder: string): Record<string, readonly [string, number]> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const file = join(folder, name);
      return [name, [readFileSync(file, "utf8"), statSync(file).mtimeMs]];
    }),
  );
}

function copyOf(fixture: string): string {
  const folder = tempFolder();
  cpSync(join(FIXTURES, fixture), folder, { recursive: true });
  return folder;
}

describe("jobstrata docs", () => {
  const threeLayers = join(FIXTURES, "three-layer-bundle");

  it("writes a page for each job and one that leads to them", async () => {
    const folder = join(tempFolder(), "wiki", "jobs");
    const { code, out, err } = await docs(threeLayers, folder);
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toMatch(/Drawing "dev"; -t chooses another: "prod"/);
    expect(err).toMatch(/7 pages in ".*jobs": 7 written, 0 unchanged, 0 removed/);
    expect(readdirSync(folder).sort()).toEqual([
      "README.md",
      "bronze_customers.md",
      "bronze_orders.md",
      "bronze_refresh.md",
      "nightly_refresh.md",
      "silver_orders.md",
      "silver_refresh.md",
    ]);
    expect(readFileSync(join(folder, "bronze_orders.md"), "utf8")).toContain(
      "| Environments | **dev**, prod |",
    );
  });

  it("writes nothing the second time", async () => {
    const folder = tempFolder();
    await docs(threeLayers, folder);
    const before = contentOf(folder);
    const { err } = await docs(threeLayers, folder);
    expect(err).toMatch(/: 0 written, 7 unchanged, 0 removed/);
    expect(contentOf(folder)).toEqual(before);
  });

  it("describes the environment that is asked for, and names all", async () => {
    const folder = tempFolder();
    expect((await docs(threeLayers, folder, "-t", "prod")).err).not.toContain("Drawing");
    expect(readFileSync(join(folder, "bronze_orders.md"), "utf8")).toContain(
      "| Environments | dev, **prod** |",
    );
    await expect(docs(threeLayers, folder, "-t", "prd")).resolves.toMatchObject({
      code: 2,
      err: 'there is no environment "prd" (did you mean "prod"?); there is "dev", "prod"\n',
    });
  });

  it("says what the policy finds", async () => {
    const folder = tempFolder();
    await docs(join(FIXTURES, "wrong-bundle"), folder);
    for (const page of ["README", "alerting_tables_job", "alerting_setup_orchestrator_job"])
      expect(readFileSync(join(folder, `${page}.md`), "utf8")).toContain("❌");
    expect(readFileSync(join(folder, "alerting_tables_job.md"), "utf8")).toMatch(
      /\| ❌ \| notebook-in-one-job \| notebook .* is used by 2 jobs \| keep it in one atomic job/,
    );
  });

  it("removes pages of removed jobs, and no other files", async () => {
    const folder = tempFolder();
    const bundle = copyOf("three-layer-bundle");
    await docs(bundle, folder);
    writeFileSync(join(folder, "guide.md"), "# Guide\n");
    writeFileSync(join(folder, "late.md"), `\n${MARK}\n`);
    writeFileSync(join(folder, "notes.txt"), `${MARK}\n`);
    mkdirSync(join(folder, "folder.md"));
    symlinkSync(join(folder, "bronze_orders.md"), join(folder, "link.md"));
    rmSync(join(bundle, "resources", "silver.yml"));
    writeFileSync(
      join(bundle, "resources", "nightly.yml"),
      readFileSync(join(bundle, "resources", "nightly.yml"), "utf8").replace(
        /\n *- task_key: silver[^]*?(?=\n {6}\S|$)/,
        "",
      ),
    );
    const { code, err } = await docs(bundle, folder);
    expect([code, err]).toEqual([0, expect.stringMatching(/, 2 removed/)]);
    expect(readdirSync(folder).sort()).toEqual([
      "README.md",
      "bronze_customers.md",
      "bronze_orders.md",
      "bronze_refresh.md",
      "folder.md",
      "guide.md",
      "late.md",
      "link.md",
      "nightly_refresh.md",
      "notes.txt",
    ]);
  });

  it.each<[string, (folder: string) => void]>([
    [
      "a file of somebody else",
      (folder) => {
        writeFileSync(join(folder, "README.md"), "# Ours\n");
      },
    ],
    [
      "an empty file",
      (folder) => {
        writeFileSync(join(folder, "README.md"), "");
      },
    ],
    [
      "a link",
      (folder) => {
        symlinkSync("elsewhere.md", join(folder, "README.md"));
      },
    ],
    [
      "a folder",
      (folder) => {
        mkdirSync(join(folder, "README.md"));
      },
    ],
  ])("does not replace %s, and then writes nothing at all", async (_, put) => {
    const folder = tempFolder();
    put(folder);
    const { code, out, err } = await docs(threeLayers, folder);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(
      /" has "README\.md", not written by jobstrata docs; nothing is changed\. Choose another folder\n$/,
    );
    expect(readdirSync(folder)).toEqual(["README.md"]);
  });

  it("keeps all pages if something could not be read", async () => {
    const folder = tempFolder();
    const bundle = copyOf("three-layer-bundle");
    await docs(bundle, folder);
    const before = contentOf(folder);
    writeFileSync(join(bundle, "resources", "silver.yml"), "a: [");
    const { code, err } = await docs(bundle, folder);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/silver\.yml:1:5: .*\nNo page is written/),
    ]);
    expect(contentOf(folder)).toEqual(before);
  });

  it("says in one line what is missing", async () => {
    const file = join(tempFolder(), "file");
    writeFileSync(file, "");
    expect(await docs(threeLayers, file)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/"[^"]*file" is a file, not a folder\n$/) as string,
    });
    expect(await jobstrata("docs", threeLayers)).toMatchObject({ code: 2 });
    expect(await docs(join(tempFolder(), "gone"), file)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/gone" does not exist\n$/) as string,
    });
  });
});
