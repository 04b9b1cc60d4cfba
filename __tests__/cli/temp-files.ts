import { tempFolder } from "../support/temp-folder";

const home = process.cwd();

/** Lets commands in this process keep temporary files in a folder of the suite, and returns to its working folder after each test. */
export function useTemporaryFiles(): string {
  const temporary = tempFolder();
  beforeAll(() => {
    const os = jest.requireActual<typeof import("node:os")>("node:os");
    jest.spyOn(os, "tmpdir").mockReturnValue(temporary);
  });
  afterEach(() => {
    process.chdir(home);
  });
  return temporary;
}
