import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AtomicJob, type GitReference, JobLayer, NotebookSource } from "@jobstrata/cdktf";
import { alertingLayer, devEnvironment, tablesJob } from "../support/alerting";
import {
  errorOf,
  folderWith,
  inFolder,
  messageOf,
  type Synthesized,
  synthesize,
} from "../support/synth";

const SOURCES = {
  "alerting/setup_alerting_tables.py": "# Databricks notebook source\nprint('tables')\n",
  "alerting/seed_all_alerts.sql": "-- Databricks notebook source\nSELECT 1\n",
  "alerting/validate.scala": "// Databricks notebook source\nprintln(1)\n",
  "alerting/report.r": "# Databricks notebook source\nprint(1)\n",
  "alerting/Report2.R": "# Databricks notebook source\nprint(1)\n",
  "alerting/windows.py": "\ufeff# Databricks notebook source\r\nprint('tables')\r\n",
  "alerting/one_line.py": "# Databricks notebook source",
  "alerting/explore.ipynb": JSON.stringify({ cells: [], metadata: {} }),
  "alerting/explore_sql.ipynb": JSON.stringify({
    cells: [],
    metadata: { language_info: { name: "sql" } },
  }),
};

const folder = folderWith({
  ...SOURCES,
  "alerting/setup_alerting_tables.sql": SOURCES["alerting/seed_all_alerts.sql"],
  "alerting/module.py": "print('tables')\n",
  "alerting/late.py": "\n# Databricks notebook source\n",
  "alerting/empty.py": "",
  "alerting/python.sql": "# Databricks notebook source\n",
  "alerting/readme.md": "# Databricks notebook source\n",
  "alerting/broken.ipynb": "{",
  "alerting/list.ipynb": "[]",
  "alerting/null.ipynb": "null",
  "alerting/no_cells.ipynb": '{"metadata": {}}',
  "alerting/julia.ipynb": '{"cells": [], "metadata": {"language_info": {"name": "julia"}}}',
  "alerting/number.ipynb": '{"cells": [], "metadata": {"language_info": {"name": 4}}}',
  "alerting/null_metadata.ipynb": '{"cells": [], "metadata": null}',
});

/** An app with one job for each of the notebooks, run in the folder of the notebooks. */
function upload(paths: readonly string[], notebookRoot?: string): Synthesized {
  return inFolder(folder, () =>
    synthesize((app) => {
      const { atomic } = alertingLayer(
        app,
        devEnvironment({ ...(notebookRoot && { notebookRoot }) }),
      );
      paths.forEach((path, at) => {
        new AtomicJob(atomic, `job_${at}`, {
          purpose: "test",
          notebook: NotebookSource.fromFile(path),
          taskKey: "run",
        });
      });
    }),
  );
}

function uploaded(path: string, notebookRoot?: string): Record<string, unknown> {
  const { resource } = upload([path], notebookRoot).stack("alerting-dev-atomic");
  return { ...resource?.databricks_notebook?.job_0, "//": undefined };
}

describe("NotebookSource.fromFile", () => {
  it.each([
    ["setup_alerting_tables.py", "PYTHON", "SOURCE"],
    ["seed_all_alerts.sql", "SQL", "SOURCE"],
    ["validate.scala", "SCALA", "SOURCE"],
    ["report.r", "R", "SOURCE"],
    ["Report2.R", "R", "SOURCE"],
    ["windows.py", "PYTHON", "SOURCE"],
    ["one_line.py", "PYTHON", "SOURCE"],
    ["explore.ipynb", "PYTHON", "JUPYTER"],
    ["explore_sql.ipynb", "SQL", "JUPYTER"],
    ["null_metadata.ipynb", "PYTHON", "JUPYTER"],
  ])("uploads %s as %s in format %s", (file, language, format) => {
    const stem = file.replace(/\.\w+$/, "");
    expect(uploaded(`alerting/${file}`)).toEqual({
      path: `/Shared/jobstrata/dev/alerting/${stem}`,
      language,
      format,
      source: expect.stringMatching(new RegExp(`^assets/.+/${file}$`)) as string,
    });
  });

  it("carries the file with the stack", () => {
    const { outdir, stack } = upload(["alerting/setup_alerting_tables.py"]);
    const { source } = stack("alerting-dev-atomic").resource?.databricks_notebook?.job_0 ?? {};
    const file = join(outdir, "stacks/alerting-dev-atomic", String(source));
    expect(readFileSync(file, "utf8")).toBe(SOURCES["alerting/setup_alerting_tables.py"]);
  });

  it("goes to the path in the workspace that is given", () => {
    const { stack } = inFolder(folder, () =>
      synthesize((app) => {
        const { atomic } = alertingLayer(app, devEnvironment());
        new AtomicJob(atomic, "tables_job", {
          purpose: "setup",
          notebook: NotebookSource.fromFile("alerting/setup_alerting_tables.py", {
            workspacePath: "/Shared/old/tables",
          }),
        });
      }),
    );
    const { databricks_notebook: notebooks } = stack("alerting-dev-atomic").resource ?? {};
    expect(notebooks?.tables_job?.path).toBe("/Shared/old/tables");
    expect(
      messageOf(() =>
        NotebookSource.fromFile("alerting/setup_alerting_tables.py", { workspacePath: "old" }),
      ),
    ).toContain(
      'workspacePath "old" of notebook "alerting/setup_alerting_tables.py" must be absolute',
    );
  });

  it("lets the job run what was uploaded", () => {
    expect(upload(["alerting/setup_alerting_tables.py"]).job("job_0").task).toMatchObject([
      { notebook_task: { notebook_path: "${databricks_notebook.job_0.path}" } },
    ]);
  });

  it("names the task after the file", () => {
    const job = tablesJob({
      notebook: inFolder(folder, () => NotebookSource.fromFile("alerting/one_line.py")),
    });
    expect(job.task).toMatchObject([{ task_key: "one_line" }]);
  });

  it.each([
    ["/Shared/alerting/dev", "/Shared/alerting/dev/alerting/one_line"],
    ["/Shared/alerting/dev/", "/Shared/alerting/dev/alerting/one_line"],
    ["/Workspace/Shared/alerting", "/Shared/alerting/alerting/one_line"],
    ["/", "/alerting/one_line"],
  ])("uploads below the notebook folder %s", (notebookRoot, path) => {
    expect(uploaded("alerting/one_line.py", notebookRoot)).toMatchObject({ path });
  });

  it.each([
    "alerting/one_line.py",
    "./alerting/../alerting/one_line.py",
    join(folder, "alerting/one_line.py"),
  ])("takes the path spelled %#", (path) => {
    expect(uploaded(path)).toMatchObject({ path: "/Shared/jobstrata/dev/alerting/one_line" });
  });

  it("keeps the path of a file outside of the project, without what leads out", () => {
    const { stack } = inFolder(join(folder, "alerting"), () =>
      synthesize((app) => {
        const other = folderWith({ "shared/common.py": SOURCES["alerting/one_line.py"] });
        new AtomicJob(alertingLayer(app).atomic, "common_job", {
          purpose: "common",
          notebook: NotebookSource.fromFile(join(other, "shared/common.py")),
        });
      }),
    );
    const { path } = stack("alerting-dev-atomic").resource?.databricks_notebook?.common_job ?? {};
    expect(path).toMatch(/^\/Shared\/jobstrata\/dev\/[^.]+\/shared\/common$/);
  });

  it.each([
    ["alerting/missing.py", "does not exist"],
    ["alerting", "is not a file"],
    ["alerting/readme.md", "must end with .py, .sql, .scala, .r or .ipynb"],
    ["alerting/module.py", 'its first line must be "# Databricks notebook source"'],
    ["alerting/late.py", "is not a Databricks notebook"],
    ["alerting/empty.py", "is not a Databricks notebook"],
    ["alerting/python.sql", 'its first line must be "-- Databricks notebook source"'],
    ["alerting/broken.ipynb", "is not a Jupyter notebook"],
    ["alerting/list.ipynb", 'it has no list of "cells"'],
    ["alerting/null.ipynb", 'it has no list of "cells"'],
    ["alerting/no_cells.ipynb", 'it has no list of "cells"'],
    ["alerting/julia.ipynb", '"julia"'],
    ["alerting/number.ipynb", "language"],
  ])("refuses %s: %s", (path, phrase) => {
    const error = inFolder(folder, () => errorOf(() => NotebookSource.fromFile(path)));
    expect(error.code).toBe("invalid-notebook");
    expect(error.message).toContain(`notebook "${path}"`);
    expect(error.message).toContain(phrase);
  });

  it("reports what is wrong with a file", () => {
    expect(
      inFolder(folder, () => messageOf(() => NotebookSource.fromFile("alerting/module.py"))),
    ).toMatchInlineSnapshot(
      `"notebook "alerting/module.py" is not a Databricks notebook: its first line must be "# Databricks notebook source" (<source line>)"`,
    );
  });

  it("refuses two files that the workspace could not tell apart", () => {
    const error = inFolder(folder, () =>
      errorOf(() =>
        upload(["alerting/setup_alerting_tables.py", "alerting/setup_alerting_tables.sql"]),
      ),
    );
    expect(error.code).toBe("invalid-notebook");
    expect(error.message).toContain(
      'would both be uploaded to "/Shared/jobstrata/dev/alerting/setup',
    );
  });

  it("refuses them in two stacks of one environment, too", () => {
    const error = inFolder(folder, () =>
      errorOf(() =>
        synthesize((app) => {
          const environment = devEnvironment();
          ["py", "sql"].forEach((extension) => {
            new AtomicJob(new JobLayer(app, extension, { environment }).atomic, "tables_job", {
              purpose: "tables",
              notebook: NotebookSource.fromFile(`alerting/setup_alerting_tables.${extension}`),
            });
          });
        }),
      ),
    );
    expect(error.code).toBe("invalid-notebook");
  });

  it("uploads to a folder of its own in each environment", () => {
    const { stacks } = inFolder(folder, () =>
      synthesize((app) => {
        for (const name of ["dev", "test"]) {
          new AtomicJob(alertingLayer(app, devEnvironment({ name })).atomic, "tables_job", {
            purpose: "tables",
            notebook: NotebookSource.fromFile("alerting/setup_alerting_tables.py"),
          });
        }
      }),
    );
    for (const name of ["dev", "test"]) {
      expect(stacks[`alerting-${name}-atomic`]?.resource?.databricks_notebook).toMatchObject({
        tables_job: { path: `/Shared/jobstrata/${name}/alerting/setup_alerting_tables` },
      });
    }
  });

  it("leaves the file where it is", () => {
    upload(["alerting/one_line.py"]);
    expect(existsSync(join(folder, "alerting/one_line.py"))).toBe(true);
  });
});

describe("NotebookSource.fromWorkspace", () => {
  it.each([
    "/Workspace/Shared/alerting/tables",
    "/Repos/health/alerting/tables",
    "${var.root}/tables",
  ])("runs %s and uploads nothing", (path) => {
    const { job, stack } = synthesize((app) => {
      const environment = devEnvironment({ variables: { root: "/Shared" } });
      new AtomicJob(alertingLayer(app, environment).atomic, "alerting_tables_job", {
        purpose: "tables",
        notebook: NotebookSource.fromWorkspace(path),
      });
    });
    expect(job("alerting_tables_job").task).toMatchObject([
      { task_key: "tables", notebook_task: { notebook_path: path } },
    ]);
    expect(stack("alerting-dev-atomic").resource).not.toHaveProperty("databricks_notebook");
  });

  it.each(["Shared/alerting/tables", "./tables.py", ""])("refuses the path %j", (path) => {
    const error = errorOf(() => NotebookSource.fromWorkspace(path));
    expect(error.code).toBe("invalid-notebook");
    expect(error.message).toContain("NotebookSource.fromFile");
  });

  it("needs a task key if its name is not a valid one", () => {
    const source = NotebookSource.fromWorkspace("/Shared/alerting/Setup Tables");
    expect(errorOf(() => tablesJob({ notebook: source })).code).toBe("invalid-task");
    expect(tablesJob({ notebook: source, taskKey: "setup_tables" }).task).toMatchObject([
      { task_key: "setup_tables" },
    ]);
  });
});

describe("NotebookSource.fromGit", () => {
  const repository = {
    url: "https://github.com/health/alerting",
    provider: "gitHub" as const,
    path: "notebooks/setup_alerting_tables",
  };

  it.each<[reference: GitReference]>([
    [{ branch: "main" }],
    [{ tag: "v1.0" }],
    [{ commit: "0a1b2c3d" }],
  ])("runs the notebook of %j", (reference) => {
    const job = tablesJob({ notebook: NotebookSource.fromGit({ ...repository, ...reference }) });
    expect(job).toMatchObject({
      git_source: { url: repository.url, provider: "gitHub" as const, ...reference },
      task: [
        {
          task_key: "setup_alerting_tables",
          notebook_task: { notebook_path: "notebooks/setup_alerting_tables", source: "GIT" },
        },
      ],
    });
  });

  it.each(["/notebooks/tables", "./notebooks/tables", "../tables"])(
    "refuses the path %s",
    (path) => {
      const error = errorOf(() => NotebookSource.fromGit({ ...repository, path, branch: "main" }));
      expect(error.code).toBe("invalid-notebook");
      expect(error.message).toContain("relative to the root of the repository");
    },
  );
});
