import { InstallProgress } from "../../../src/local/execute/install-progress";

test("reports each package with its size, what is left, and the rate of the downloads before it", () => {
  let now = 0;
  const progress = new InstallProgress(3, () => now);
  const lines: [at: number, line: string][] = [
    [0, "Collecting pysail==0.4.1 (from -r requirements.txt (line 3))"],
    [0, "  Downloading pysail-0.4.1-cp310-abi3-manylinux_2_28_x86_64.whl (57.0 MB)"],
    [2000, "Collecting pyarrow==21.0.0 (from -r requirements.txt (line 9))"],
    [2000, "  Downloading pyarrow-21.0.0.whl (43.0 MB)"],
    [4000, "Collecting six==1.17.0"],
    [4000, "  Using cached six-1.17.0.whl (11 kB)"],
    [5000, "Installing collected packages: six, pyarrow, pysail"],
    [6000, "Successfully installed six"],
  ];
  const reports = lines.map(([at, line]) => {
    now = at;
    return progress.take(line);
  });
  expect(reports.filter((report) => report !== undefined)).toEqual([
    "  engine:  1 of about 3, 2 left: pysail==0.4.1 (57.0 MB)",
    "  engine:  2 of about 3, 1 left: pyarrow==21.0.0 (43.0 MB), 57 MB so far, 28.5 MB/s",
    "  engine:  3 of about 3, 0 left: six==1.17.0 (11 kB), 100 MB so far, 25.0 MB/s",
    "  engine: unpacking, 100 MB so far, 20.0 MB/s",
  ]);
});

test("escapes what a package index calls a package", () => {
  const progress = new InstallProgress(1, () => 0);
  progress.take("Collecting evil\u001b[2J");
  expect(progress.take("  Downloading evil.whl (1 kB)")).toContain("evil\\u001b[2J (1 kB)");
});
