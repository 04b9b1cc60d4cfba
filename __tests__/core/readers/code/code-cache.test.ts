import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CodeCache } from "../../../../src/core/readers/code/code-cache";
import { SourceFiles } from "../../../../src/core/readers/code/source-files";
import { tempFolder } from "../../../support/policy";

/** As another process sees it. */
function opened(folder: string, files = new SourceFiles()): CodeCache {
  const cache = new CodeCache(files);
  cache.open({ JOBSTRATA_CACHE: join(folder, "cache") }, folder);
  return cache;
}

/** Sets a value that was found in files. */
function setIn(cache: CodeCache, key: string, value: unknown, ...paths: readonly string[]): void {
  const files = new SourceFiles();
  const ids = paths.map((path) => (path.endsWith(".py") ? `file ${path}` : `folder ${path}`));
  cache.set(key, value, new Map(ids.map((id) => [id, files.hashOf(id)])));
}

const written = (folder: string): string =>
  readdirSync(join(folder, "cache"))
    .map((name) => readFileSync(join(folder, "cache", name), "utf8"))
    .join("");

describe("what is known of code", () => {
  it("is known to the next process, until a file or folder of it changes", () => {
    const folder = tempFolder();
    const [file, shared] = [join(folder, "a.py"), join(folder, "shared")];
    mkdirSync(shared);
    writeFileSync(file, "a");
    const first = opened(folder);
    setIn(first, "a", { found: 1 }, file);
    setIn(first, "b", undefined, shared, join(folder, "missing.py"));
    first.close();
    expect(opened(folder).get("a")).toMatchObject({ value: { found: 1 } });
    expect(opened(folder).get("b")).toBeDefined();
    expect(opened(folder).get("c")).toBeUndefined();
    writeFileSync(file, "b");
    expect(opened(folder).get("a")).toBeUndefined();
    writeFileSync(join(shared, "x.py"), "");
    expect(opened(folder).get("b")).toBeUndefined();
  });

  it("does not read a file again whose state is the same, unless it has just been written", () => {
    const folder = tempFolder();
    const [old, young] = [join(folder, "old.py"), join(folder, "young.py")];
    const files = new SourceFiles();
    const first = opened(folder, files);
    for (const file of [old, young]) {
      writeFileSync(file, "a");
      first.set(file, 1, new Map([[`file ${file}`, files.hashOf(`file ${file}`)]]));
    }
    // Two seconds later nobody can have written it without another time of its change.
    const now = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 10_000);
    utimesSync(young, Date.now() / 1000, Date.now() / 1000);
    files.hashOf(`file ${young}`);
    first.close();
    now.mockRestore();
    const states = (JSON.parse(written(folder)) as { files: string[][] }).files;
    expect(states.map(([id, , state]) => [id, state !== ""])).toEqual([
      [`file ${old}`, true],
      [`file ${young}`, false],
    ]);
    expect(opened(folder).get(old)).toMatchObject({ value: 1 });
    expect(opened(folder).get(young)).toMatchObject({ value: 1 });
  });

  it("keeps what another check of the folder has found, for a while", () => {
    const folder = tempFolder();
    const file = join(folder, "a.py");
    writeFileSync(file, "a");
    const first = opened(folder);
    setIn(first, "a", 1, file);
    first.close();
    for (let at = 0; at < 6; at++) {
      const other = opened(folder);
      setIn(other, `b${at}`, 1, file);
      other.close();
      expect(written(folder).includes('"a":')).toBe(at < 5);
    }
  });

  it("takes a broken file for none", () => {
    const folder = tempFolder();
    const file = join(folder, "a.py");
    writeFileSync(file, "a");
    const first = opened(folder);
    setIn(first, "a", 1, file);
    first.close();
    for (const name of readdirSync(join(folder, "cache")))
      writeFileSync(join(folder, "cache", name), "{");
    expect(opened(folder).get("a")).toBeUndefined();
  });
});
