import { resolve } from "node:path";
import { isInside } from "../../src/core/paths";

describe("isInside", () => {
  it.each([
    ["/work/bundle", "/work/bundle", true],
    ["/work/bundle", "/work/bundle/src/a.py", true],
    ["/work/bundle", "/work/bundle/..a.py", true],
    ["/work/bundle", "/work", false],
    ["/work/bundle", "/work/bundle-other/a.py", false],
    ["/", "/work", true],
  ])("tells whether %s contains %s", (folder, path, expected) => {
    expect(isInside(resolve(folder), resolve(path))).toBe(expected);
  });
});
