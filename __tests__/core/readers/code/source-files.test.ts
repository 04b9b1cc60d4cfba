import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SourceFiles } from "../../../../src/core/readers/code/source-files";
import { tempFolder } from "../../../support/policy";

describe("source files", () => {
  it("reads a file and a folder again when they have changed", () => {
    const folder = tempFolder();
    const file = join(folder, "orders.py");
    const files = new SourceFiles();
    expect([files.read(file), files.hashOf(`file ${file}`)]).toEqual([undefined, ""]);
    writeFileSync(file, "first");
    const before = files.hashOf(`file ${file}`);
    expect(files.read(file)).toBe("first");
    writeFileSync(file, "second text");
    expect(files.read(file)).toBe("second text");
    expect(files.hashOf(`file ${file}`)).not.toBe(before);
    expect([...(files.names(folder) ?? [])]).toEqual(["orders.py"]);
    mkdirSync(join(folder, "shared"));
    expect([...(files.names(folder) ?? [])]).toEqual(["orders.py", "shared"]);
    rmSync(file);
    expect(files.read(file)).toBeUndefined();
    expect(files.names(file)).toBeUndefined();
  });

  it("keeps a bounded amount of text, and hashes of what it has forgotten", () => {
    const folder = tempFolder();
    const files = new SourceFiles(100);
    const names = Array.from({ length: 10 }, (_, at) => join(folder, `n${at}.py`));
    for (const [at, name] of names.entries()) writeFileSync(name, String(at).repeat(40));
    for (const name of names) files.read(name);
    const hashes = names.map((name) => files.hashOf(`file ${name}`));
    expect(new Set(hashes).size).toBe(10);
    expect(names.map((name) => files.read(name)?.length)).toEqual(names.map(() => 40));
    expect(names.map((name) => files.hashOf(`file ${name}`))).toEqual(hashes);
  });

  it("takes nothing that is not text", () => {
    const folder = tempFolder();
    const file = join(folder, "binary.py");
    writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00, 0xc3]));
    const files = new SourceFiles();
    expect(files.read(file)).toBeUndefined();
    expect(files.read(folder)).toBeUndefined();
    expect(files.read("\0")).toBeUndefined();
  });
});
