import { describeWithEngine } from "../../support/engine";
import {
  type NotebookClient,
  type Outcome,
  type Run,
  startNotebooks,
  stopNotebooks,
} from "./support";

/** A notebook and what it comes to. */
type Case = [
  title: string,
  cells: string[],
  expected: Partial<Record<keyof Outcome, unknown>>,
  run?: Run,
];

const EXIT = "SUCCESS";

describeWithEngine("a notebook", () => {
  let client: NotebookClient;
  beforeAll(async () => {
    client = await startNotebooks();
    await client.ok("POST", "/api/2.0/workspace/mkdirs", { path: "/Shared/alerts/rules" });
  });
  afterAll(stopNotebooks);

  const params = (base: object): Run => ({
    task: { notebook_task: { notebook_path: "/Shared/alerts/notebook", base_parameters: base } },
  });

  const cases: Case[] = [
    [
      "prints, in order, from both streams",
      ['import sys\nprint("one")\nprint("two", file=sys.stderr)\nprint("three")'],
      { state: EXIT, logs: "one\ntwo\nthree\n" },
    ],
    [
      "shows the value of a cell's last expression",
      ["x = 'alert'\nx", "None", "x;", "len(x)"],
      { logs: "'alert'\n5\n" },
    ],
    [
      "shares its names between cells, functions and classes",
      ["n = 1\ndef f(): return n", "n = 2", "class A:\n    v = f()\nA.v"],
      { logs: "2\n" },
    ],
    [
      "keeps what is imported from the future",
      ["from __future__ import annotations", "def f(a: nowhere): return 1\nf(0)"],
      { logs: "1\n" },
    ],
    [
      "exits with a value",
      ["dbutils.notebook.exit('3 alerts')", "print('not this')"],
      { state: EXIT, result: "3 alerts", logs: "" },
    ],
    [
      "exits from within a function and a try",
      [
        "def f():\n    try:\n        dbutils.notebook.exit('out')\n    except Exception:\n        print('caught')\n    finally:\n        print('finally')\nf()",
      ],
      { state: EXIT, result: "out", logs: "finally\n" },
    ],
    [
      "fails with the exception in a line, and a trace by path and line",
      ["x = 1", "def threshold(value):\n    return value / 0\n\nthreshold(1)"],
      {
        state: "FAILED",
        error: "ZeroDivisionError: division by zero",
        trace:
          /^Traceback \(most recent call last\):\n {2}File "\/Shared\/alerts\/notebook", line 9, in <module>\n {4}threshold\(1\)\n {2}File "\/Shared\/alerts\/notebook", line 7, in threshold\n {4}return value \/ 0\n(?: +~+\^~+\n)?ZeroDivisionError: division by zero$/,
      },
    ],
    [
      "fails with a syntax error at its line",
      ["x = 1", "print('first')\nx = = 2"],
      {
        error: "SyntaxError: invalid syntax (/Shared/alerts/notebook, line 7)",
        trace: /line 7\n {4}x = = 2/,
        logs: "",
      },
    ],
    [
      "fails on a name that there is not",
      ["nmae"],
      { error: "NameError: name 'nmae' is not defined" },
    ],
    [
      "shows chained exceptions without frames of the runner",
      ["try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('COST-001') from e"],
      { error: "KeyError: 'COST-001'", trace: expect.not.stringContaining("jobstrata_local") },
    ],
    [
      "fails by sys.exit, whatever the code",
      ["import sys\nsys.exit(0)"],
      { state: "FAILED", error: /^SystemExit: 0\. .*dbutils\.notebook\.exit/ },
    ],
    [
      "fails when its process is killed",
      ["import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"],
      { state: "FAILED", error: "the task's process was ended by SIGKILL" },
    ],
    [
      "has an error of one line even if the message has more",
      ["raise ValueError('first\\nsecond')"],
      { error: "ValueError: first", trace: /first\nsecond$/ },
    ],
    [
      "cannot spoil its outcome by what it writes",
      [
        "import os\nfor fd in range(1, 3): os.write(fd, b'{\"succeeded\": false}\\n')\ndbutils.notebook.exit('fine')",
      ],
      { state: EXIT, result: "fine" },
    ],
    [
      "has the cells of its magics",
      [
        "# MAGIC %md\n# MAGIC # Alerts\n# MAGIC print('no')",
        "# MAGIC %python\n# MAGIC print('yes')",
        "# DBTITLE 1,Rules\nprint('titled')",
      ],
      { logs: "yes\ntitled\n" },
    ],
    [
      "refuses Scala before anything runs",
      ["print('never')", "# MAGIC %scala\n# MAGIC println(1)"],
      {
        state: "FAILED",
        logs: "",
        error: /\/Shared\/alerts\/notebook, line 6: the magic %scala is not executed/,
      },
    ],
    ["refuses %sh", ["# MAGIC %sh\n# MAGIC ls"], { error: /the magic %sh is not executed/ }],
    ["refuses a shell command in Python", ["x = 1\n!ls"], { error: /line 3: shell commands/ }],
    [
      "refuses to be in Scala",
      ["println(1)"],
      { error: /Scala notebooks are not executed/ },
      { language: "SCALA" },
    ],
    [
      "refuses to be in R",
      ["print(1)"],
      { error: /R notebooks are not executed/ },
      { language: "R" },
    ],
    [
      "takes a requirement that is met as done",
      ['# MAGIC %pip install "databricks-sdk>=0.40" pandas', "print('on')"],
      {
        state: EXIT,
        logs: /^Requirement already satisfied: databricks-sdk [\d.]+ .*\nRequirement already satisfied: pandas .*\non\n$/s,
      },
    ],
    [
      "refuses a requirement that is not",
      ["# MAGIC %pip install databricks-sdk>=99"],
      {
        state: "FAILED",
        error: /'databricks-sdk>=99' is not met: the local workspace has databricks-sdk \d/,
        trace: /line 2, in %pip/,
      },
    ],
    ["lists what is installed", ["# MAGIC %pip freeze"], { logs: /^pysail==/m }],
    [
      "checks the dependencies of its environment",
      ["print('never')"],
      {
        state: "FAILED",
        logs: "",
        error:
          /'nowhere-to-be-found>=1' is not met: the local workspace does not have nowhere-to-be-found/,
      },
      {
        job: {
          environments: [
            {
              environment_key: "e",
              spec: {
                environment_version: "2",
                dependencies: ["PyYAML>=6", "nowhere-to-be-found>=1"],
              },
            },
          ],
        },
        task: { environment_key: "e" },
      },
    ],
    [
      "forgets its names when Python is restarted",
      [
        "kept = 1\ndbutils.widgets.text('w', 'v')",
        "dbutils.library.restartPython()\nprint('not this')",
        "print('kept' in globals(), dbutils.widgets.get('w'))",
      ],
      { state: EXIT, logs: /False v\n$/ },
    ],
    [
      "prefers parameters to the defaults of widgets",
      [
        "dbutils.widgets.text('schema', 'silver')\ndbutils.widgets.dropdown('mode', 'a', ['a', 'b'])\nprint(dbutils.widgets.get('schema'), dbutils.widgets.get('mode'), getArgument('schema'), getArgument('none', 'd'), dbutils.widgets.getAll())",
      ],
      { logs: "gold a gold d {'mode': 'a', 'schema': 'gold'}\n" },
      params({ schema: "gold" }),
    ],
    [
      "gives parameters that no widget declares",
      ["print(dbutils.widgets.get('schema'))"],
      { logs: "gold\n" },
      params({ schema: "gold" }),
    ],
    [
      "prefers what the run is given",
      ["print(dbutils.widgets.get('schema'))"],
      { logs: "bronze\n" },
      { ...params({ schema: "gold" }), now: { notebook_params: { schema: "bronze" } } },
    ],
    [
      "fails by name without a widget",
      ["dbutils.widgets.get('schema')"],
      { error: /^InputWidgetNotDefined: No input widget named schema is defined/ },
    ],
    [
      "fails once a widget is removed",
      ["dbutils.widgets.text('a', '1')\ndbutils.widgets.remove('a')\ndbutils.widgets.get('a')"],
      { error: /^InputWidgetNotDefined/ },
    ],
    [
      "refuses a default that is no choice",
      ["dbutils.widgets.dropdown('a', 'x', ['y'])"],
      { error: /the default value 'x' of widget 'a' is not one of its choices: y/ },
    ],
    [
      "fails by name on what dbutils lacks",
      ["dbutils.fs.mount('a', 'b')"],
      {
        error:
          /^NotAvailableLocallyError: dbutils\.fs\.mount is not available in the local workspace/,
      },
    ],
    [
      "fails by name on parts that dbutils lacks",
      ["dbutils.credentials.assumeRole('x')"],
      { error: /dbutils\.credentials is not available/ },
    ],
    [
      "fails by name on the Spark context",
      ["sc.parallelize([1])"],
      { error: /sc\.parallelize is not available .* use spark/ },
    ],
    [
      "does nothing for HTML but say so",
      ["displayHTML('<b>hi</b>')"],
      { logs: /\[displayHTML\] 9 characters/ },
    ],
    [
      "refuses a task value that is too large",
      ["dbutils.jobs.taskValues.set('k', 'x' * 50000)"],
      { error: /task value 'k' is too large: 50002 bytes/ },
    ],
    [
      "refuses a task value that is no JSON",
      ["dbutils.jobs.taskValues.set('k', {1, 2})"],
      { error: /task value 'k' cannot be JSON/ },
    ],
    [
      "fails on the values of an unknown task",
      ["dbutils.jobs.taskValues.get('seed', 'rows')"],
      { error: /Task key does not exist in run: seed/ },
    ],
    [
      "has a default for task values",
      ["print(dbutils.jobs.taskValues.get('seed', 'rows', default=7))"],
      { logs: "7\n" },
    ],
    [
      "sees only its own environment",
      [
        "import os\nprint(sorted(name for name in os.environ if name not in ('PATH', 'LC_CTYPE', 'PYTHONPATH', '__CF_USER_TEXT_ENCODING')))",
      ],
      {
        logs: "['DATABRICKS_HOST', 'DATABRICKS_TOKEN', 'HOME', 'LANG', 'PYTHONDONTWRITEBYTECODE', 'PYTHONNOUSERSITE', 'TMPDIR', 'TZ']\n",
      },
    ],
    [
      "does not show its token",
      [
        "import os\nprint(os.environ['DATABRICKS_TOKEN'])\nraise ValueError(os.environ['DATABRICKS_TOKEN'])",
      ],
      {
        logs: "[REDACTED]\n",
        error: "ValueError: [REDACTED]",
        trace: expect.not.stringContaining("dapi"),
      },
    ],
  ];

  it.each(cases)("%s", async (...[, cells, expected, run]: Case) => {
    process.env.JOBSTRATA_LEAK = "of the server";
    const outcome = await client.runCells(cells, run);
    for (const [field, value] of Object.entries(expected)) {
      if (value instanceof RegExp) expect(outcome[field as keyof Outcome]).toMatch(value);
      else expect(outcome[field as keyof Outcome]).toEqual(value);
    }
    if (!("state" in expected) && !("error" in expected))
      expect(outcome).toMatchObject({ state: EXIT });
  });

  it("may be an .ipynb", async () => {
    const cell = (cell_type: string, source: unknown): object => ({
      cell_type,
      source,
      metadata: {},
    });
    const source = JSON.stringify({
      nbformat: 4,
      metadata: { language_info: { name: "python" } },
      cells: [
        cell("markdown", "# no"),
        cell("code", ["x = 1\n", "print(x)"]),
        cell("code", "x\n1 / 0"),
      ],
    });
    await client.import("/Shared/alerts/jupyter", source, { format: "SOURCE", language: "PYTHON" });
    const outcome = await client.runPath("/Shared/alerts/jupyter");
    expect(outcome).toMatchObject({ error: "ZeroDivisionError: division by zero", logs: "1\n" });
    expect(outcome.trace).toContain('File "/Shared/alerts/jupyter (cell 3)", line 2, in <module>');
  });

  it("imports and reads the files beside it, and no others", async () => {
    await client.import(
      "/Shared/alerts/rules/__init__.py",
      "def check(): return open('alerts.yml').read()",
      { format: "RAW" },
    );
    await client.import(
      "/Shared/alerts/rules/broken.py",
      "def f():\n    raise ValueError('bad rule')\n",
      { format: "RAW" },
    );
    await client.import("/Shared/alerts/alerts.yml", "COST-001", { format: "RAW" });
    const outcome = await client.runCells([
      "import os\nfrom rules import check\nprint(check(), os.getcwd().endswith('/Workspace/Shared/alerts'))",
      "import rules.broken\nrules.broken.f()",
    ]);
    expect(outcome).toMatchObject({ logs: "COST-001 True\n", error: "ValueError: bad rule" });
    expect(outcome.trace).toContain(
      'File "/Workspace/Shared/alerts/rules/broken.py", line 2, in f',
    );
  });

  it("includes others by %run: names, arguments, exit, traces", async () => {
    await client.put("/Shared/alerts/names", [
      "limit = int(dbutils.widgets.get('limit'))\ndef fail():\n    raise ValueError(limit)",
    ]);
    const outcome = await client.runCells([
      '# MAGIC %run ./names $limit="3"',
      "print(limit, dbutils.widgets.getAll())\nfail()",
    ]);
    expect(outcome).toMatchObject({ logs: "3 {}\n", error: "ValueError: 3" });
    expect(outcome.trace).toMatch(
      /File "\/Shared\/alerts\/notebook", line 7, in <module>\n.*\n(?: .*\n)*? {2}File "\/Shared\/alerts\/names", line 4, in fail/,
    );
    await client.put("/Shared/alerts/leave", ["dbutils.notebook.exit('left')"]);
    expect(
      await client.runCells(["# MAGIC %run /Shared/alerts/leave", "print('no')"]),
    ).toMatchObject({ result: "left", logs: "" });
  });

  it("refuses a %run of itself, or of nothing, before anything runs", async () => {
    await client.put("/Shared/alerts/a", ["# MAGIC %run ./b"]);
    await client.put("/Shared/alerts/b", ["# MAGIC %run ./a"]);
    const circle = await client.runCells(["print('never')", "# MAGIC %run ./a"]);
    expect(circle).toMatchObject({ state: "FAILED", logs: "" });
    expect(circle.error).toContain(
      "%run includes itself: /Shared/alerts/notebook -> /Shared/alerts/a -> /Shared/alerts/b -> /Shared/alerts/a",
    );
    const nowhere = await client.runCells(["print('never')", "# MAGIC %run ./missing"]);
    expect(nowhere.error).toMatch(
      /line 6: %run \.\/missing: notebook \/Shared\/alerts\/missing was not found/,
    );
    expect(nowhere.logs).toBe("");
  });

  it("runs others in processes of their own", async () => {
    await client.put("/Shared/alerts/child", [
      "print('child', dbutils.widgets.get('n'), 'outer' in globals())\ndbutils.notebook.exit(dbutils.widgets.get('n') * 2)",
    ]);
    await client.put("/Shared/alerts/failing", ["raise ValueError('bad row')"]);
    await client.put("/Shared/alerts/slow", ["import time\ntime.sleep(60)"]);
    const outcome = await client.runCells([
      "outer = 1\nprint(dbutils.notebook.run('./child', 60, {'n': 'ab'}))",
      "for path, seconds in (('failing', 60), ('slow', 1), ('missing', 1)):\n    try:\n        dbutils.notebook.run(path, seconds)\n    except Exception as error:\n        print(type(error).__name__, str(error).splitlines()[0])",
    ]);
    expect(outcome.logs).toBe(
      [
        "child ab False",
        "abab",
        "WorkflowException notebook /Shared/alerts/failing failed: ValueError: bad row",
        "WorkflowException notebook /Shared/alerts/slow exceeded its timeout of 1 seconds",
        "FileNotFoundError notebook /Shared/alerts/missing was not found: Path (/Shared/alerts/missing) doesn't exist.",
        "",
      ].join("\n"),
    );
  });

  it("hands values to the tasks behind it", async () => {
    await client.put("/Shared/alerts/seed", [
      "dbutils.jobs.taskValues.set('rows', [29, {'a': None}])",
    ]);
    await client.put("/Shared/alerts/check", [
      "print(dbutils.jobs.taskValues.get('seed', 'rows'))\ndbutils.jobs.taskValues.get('seed', 'columns')",
    ]);
    const notebook = (task_key: string, more: object = {}): object => ({
      task_key,
      notebook_task: { notebook_path: `/Shared/alerts/${task_key}` },
      ...more,
    });
    const job = await client.createJob({
      tasks: [notebook("seed"), notebook("check", { depends_on: [{ task_key: "seed" }] })],
    });
    const run = await client.finished(await client.runNow(job));
    const check = run.tasks.find((task: { task_key: string }) => task.task_key === "check");
    expect(await client.outcome(check)).toMatchObject({
      logs: "[29, {'a': None}]\n",
      error: "ValueError: Task value with key 'columns' was not set by task 'seed'; it set: rows",
    });
  });

  it("reads secrets, which are shown nowhere", async () => {
    await client.ok("POST", "/api/2.0/secrets/scopes/create", { scope: "alerts" });
    await client.ok("POST", "/api/2.0/secrets/put", {
      scope: "alerts",
      key: "slack",
      string_value: "hooks.example/T0K3N",
    });
    const outcome = await client.runCells([
      "url = dbutils.secrets.get('alerts', 'slack')\nprint(len(url), url, 'to ' + url)\nurl",
      "print([s.key for s in dbutils.secrets.list('alerts')], [s.name for s in dbutils.secrets.listScopes()], dbutils.secrets.getBytes('alerts', 'slack') == url.encode())",
      "try:\n    dbutils.secrets.get('alerts', 'teams')\nexcept ValueError as error:\n    print(error)",
      "raise ValueError(url)",
    ]);
    expect(outcome.logs).toBe(
      "19 [REDACTED] to [REDACTED]\n'[REDACTED]'\n['slack'] ['alerts'] True\nsecret 'teams' of scope 'alerts' cannot be read: Secret does not exist with scope: alerts and key: teams\n",
    );
    expect(outcome.error).toBe("ValueError: [REDACTED]");
    expect(JSON.stringify(outcome)).not.toContain("T0K3N");
    expect(
      await client.runCells(["dbutils.notebook.exit(dbutils.secrets.get('alerts', 'slack'))"]),
    ).toMatchObject({ result: "[REDACTED]" });
  });

  it("keeps its output to 5 MB", async () => {
    const { logs, state } = await client.runCells(["for _ in range(60): print('x' * 100_000)"]);
    expect(state).toBe(EXIT);
    expect(logs.length).toBeLessThan(5.1 * 1024 ** 2);
    expect(logs).toMatch(/x\n… \d+ more bytes were not kept\n$/);
  });
});
