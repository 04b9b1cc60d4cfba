// What a compiler would refuse, by people who have none. Each entry: what is wrong, the code that does it, and how the
// message begins.
const {
  App,
  AtomicJob,
  CompositeJob,
  HierarchyPolicy,
  JobCompute,
  JobEnvironment,
  JobLayer,
  JobStack,
  JobTrigger,
  NotebookSource,
  OrchestratorJob,
  RULES,
  WorkspaceFolder,
  fromJobId,
  fromJobName,
  setEnvironment,
  suppressFinding,
} = require("@jobstrata/cdktf");
const { jobGraph, jobMatchers } = require("@jobstrata/cdktf/testing");

const notebook = NotebookSource.fromWorkspace("/Shared/seed");
const git = { url: "https://github.com/health/alerting", path: "seed", provider: "gitHub" };
const JOB = "[alerting-dev/seed_job] ";

/** An atomic job that is right but for these props. */
const job = (stack, props) =>
  new AtomicJob(stack, "seed_job", { notebook, purpose: "seed", ...props });
const composite = (stack) => new CompositeJob(stack, "setup_job", { purpose: "setup" });

module.exports = [
  [
    "no props",
    ({ stack }) => new AtomicJob(stack, "seed_job"),
    `${JOB}its props are undefined; they must be an object`,
  ],
  [
    "no notebook",
    ({ stack }) => new AtomicJob(stack, "seed_job", { purpose: "seed" }),
    `${JOB}notebook is missing`,
  ],
  [
    "no purpose",
    ({ stack }) => new AtomicJob(stack, "seed_job", { notebook }),
    `${JOB}purpose is missing`,
  ],
  [
    "no purpose of a composite job",
    ({ stack }) => new CompositeJob(stack, "setup_job", {}),
    "[alerting-dev/setup_job] purpose is missing",
  ],
  [
    "no props of a composite job",
    ({ stack }) => new CompositeJob(stack, "setup_job"),
    "[alerting-dev/setup_job] its props are undefined; they must be an object",
  ],
  [
    "a purpose that is null",
    ({ stack }) => new OrchestratorJob(stack, "nightly_job", { purpose: null }),
    "[alerting-dev/nightly_job] purpose is null; it must be text",
  ],
  [
    "a notebook that is a path",
    ({ stack }) => job(stack, { notebook: "seed.py" }),
    `${JOB}notebook is "seed.py"; it must be a NotebookSource, such as NotebookSource.fromFile(path)`,
  ],
  [
    "a slip in the name of a prop",
    ({ stack }) => job(stack, { timeoutSecond: 5 }),
    `${JOB}there is no prop "timeoutSecond" (did you mean "timeoutSeconds"?)`,
  ],
  [
    "a number as text",
    ({ stack }) => job(stack, { timeoutSeconds: "60" }),
    `${JOB}timeoutSeconds is "60"; it must be a whole number, 0 or more`,
  ],
  [
    "a parameter that is a number",
    ({ stack }) => job(stack, { parameters: { days: 5 } }),
    `${JOB}parameters.days is 5; it must be text, such as "5"`,
  ],
  [
    "a parameter that is undefined",
    ({ stack }) => job(stack, { parameters: { catalog: process.env.NO_SUCH_VARIABLE } }),
    `${JOB}parameters.catalog is undefined; it must be text`,
  ],
  [
    "a job parameter that is null",
    ({ stack }) => job(stack, { jobParameters: { catalog: null } }),
    `${JOB}jobParameters.catalog is null; it must be text`,
  ],
  [
    "a tag that is undefined",
    ({ stack }) => job(stack, { tags: { team: undefined } }),
    `${JOB}tags.team is undefined; it must be text`,
  ],
  [
    "tags in a list",
    ({ stack }) => job(stack, { tags: ["team"] }),
    `${JOB}tags is a list; it must be an object of names and values`,
  ],
  [
    "an address instead of a list",
    ({ stack }) => job(stack, { emailNotifications: { onFailure: "a@b.c" } }),
    `${JOB}emailNotifications.onFailure is "a@b.c"; it must be a list`,
  ],
  [
    "an event that there is not",
    ({ stack }) => job(stack, { emailNotifications: { onFail: [] } }),
    `${JOB}there is no prop "emailNotifications.onFail"`,
  ],
  [
    "a metric that there is not",
    ({ stack }) => job(stack, { healthRules: [{ metric: "DURATION", value: 1 }] }),
    `${JOB}healthRules[0].metric is "DURATION"`,
  ],
  [
    "nobody to run as",
    ({ stack }) => job(stack, { runAs: {} }),
    `${JOB}runAs has none of them; give exactly one of servicePrincipalName, userName`,
  ],
  [
    "two to run as",
    ({ stack }) => job(stack, { runAs: { userName: "a", servicePrincipalName: "b" } }),
    `${JOB}runAs has servicePrincipalName and userName; give exactly one`,
  ],
  [
    "a permission level that there is not",
    ({ stack }) => job(stack, { permissions: [{ groupName: "users", level: "CAN_MANGE" }] }),
    `${JOB}permissions[0].level is "CAN_MANGE" (did you mean "CAN_MANAGE"?)`,
  ],
  [
    "a trigger that is text",
    ({ stack }) => job(stack, { trigger: "0 0 6 * * ?" }),
    `${JOB}trigger is "0 0 6 * * ?"; it must be a JobTrigger`,
  ],
  [
    "compute that is an object",
    ({ stack }) => job(stack, { compute: { sparkVersion: "16" } }),
    `${JOB}compute is an object; it must be a JobCompute`,
  ],
  [
    "a library that is text",
    ({ stack }) => job(stack, { libraries: ["tenacity"] }),
    `${JOB}libraries[0] is "tenacity"; it must be an object`,
  ],
  [
    "a notebook in a composite job",
    ({ stack }) => new CompositeJob(stack, "seed_job", { purpose: "seed", notebook }),
    `${JOB}there is no prop "notebook"`,
  ],
  [
    "a task handle that is a key",
    ({ stack, seed }) => composite(stack).addRunJobTask("seed", seed, { dependsOn: "tables" }),
    '[alerting-dev/setup_job] task "seed": dependsOn is "tables"; it must be a task that an earlier call returned',
  ],
  [
    "a task handle that is undefined, in a list",
    ({ stack, seed }) => composite(stack).addRunJobTask("seed", seed, { dependsOn: [undefined] }),
    '[alerting-dev/setup_job] task "seed": dependsOn is undefined',
  ],
  [
    "a job that is a key",
    ({ stack }) => composite(stack).addRunJobTask("seed", "seed_job"),
    '[alerting-dev/setup_job] task "seed" runs "seed_job"; it must run a job',
  ],
  [
    "a job that is undefined",
    ({ stack }) => composite(stack).addRunJobTask("seed"),
    '[alerting-dev/setup_job] task "seed" runs undefined; it must run a job',
  ],
  [
    "a task key that is undefined",
    ({ stack, seed }) => composite(stack).addRunJobTask(undefined, seed),
    "[alerting-dev/setup_job] the task key is undefined; it must be text",
  ],
  [
    "a run_if that there is not",
    ({ stack, seed }) => composite(stack).addRunJobTask("seed", seed, { runIf: "ALWAYS" }),
    '[alerting-dev/setup_job] task "seed": runIf is "ALWAYS"',
  ],
  [
    "an operator that there is not",
    ({ stack }) =>
      composite(stack).addConditionTask("is_full", { left: "a", op: "==", right: "b" }),
    '[alerting-dev/setup_job] task "is_full": op is "=="',
  ],
  [
    "a condition without a side",
    ({ stack }) => composite(stack).addConditionTask("is_full", { left: "a", op: "EQUAL_TO" }),
    '[alerting-dev/setup_job] task "is_full": right is missing',
  ],
  [
    "no inputs",
    ({ stack, seed }) => composite(stack).addForEachTask("seed", seed, {}),
    '[alerting-dev/setup_job] task "seed": inputs is missing',
  ],
  [
    "an input that is undefined",
    ({ stack, seed }) => composite(stack).addForEachTask("seed", seed, { inputs: [undefined] }),
    '[alerting-dev/setup_job] task "seed": inputs[0] is undefined',
  ],
  [
    "an orchestrator's option in a composite job",
    ({ stack, seed }) => composite(stack).addRunJobTask("seed", seed, { runsAtomicJob: true }),
    '[alerting-dev/setup_job] task "seed" has runsAtomicJob, which is for orchestrators',
  ],
  [
    "no options of an orchestrator's task",
    ({ stack, seed }) =>
      new OrchestratorJob(stack, "setup_job", { purpose: "setup" }).addRunJobTask(
        "seed",
        seed,
        null,
      ),
    '[alerting-dev/setup_job] task "seed": its options are null; they must be an object',
  ],
  [
    "a job without a scope",
    () => new AtomicJob(undefined, "seed_job", { purpose: "seed", notebook }),
    "[seed_job] its scope is undefined; make it in a JobStack or in a stack of a JobLayer",
  ],
  [
    "a job in a layer instead of in its stack",
    ({ layer }) => new AtomicJob(layer, "seed_job", { purpose: "seed", notebook }),
    "[seed_job] its scope is a JobLayer; make a job in a JobStack or in a stack of a JobLayer",
  ],
  [
    "a job in an app",
    ({ app }) => new AtomicJob(app, "seed_job", { purpose: "seed", notebook }),
    "[seed_job] jobs need an environment",
  ],
  [
    "a job that others own in an app",
    ({ app }) => fromJobName(app, "theirs", "Theirs"),
    "[theirs] jobs need an environment",
  ],
  [
    "a job without an id",
    ({ stack }) => new AtomicJob(stack, undefined, { purpose: "test", notebook }),
    "[alerting-dev] the id of a job is undefined; it must be text",
  ],
  [
    "the id of a job that others own, missing",
    ({ stack }) => fromJobId(stack, "theirs"),
    "[alerting-dev/theirs] the job id is undefined; it must be a positive whole number",
  ],
  [
    "the name of a job that others own, missing",
    ({ stack }) => fromJobName(stack, "theirs"),
    "[alerting-dev/theirs] the job name is undefined; it must be text",
  ],
  [
    "a layer without an environment",
    ({ app }) => new JobLayer(app, "silver", {}),
    "[silver] layer: environment is missing",
  ],
  [
    "an environment that is a name",
    ({ app }) => new JobLayer(app, "silver", { environment: "dev" }),
    '[silver] layer: environment is "dev"; it must be a JobEnvironment',
  ],
  [
    "a stack without props",
    ({ app }) => new JobStack(app, "silver-dev"),
    "[silver-dev] its options are undefined; they must be an object",
  ],
  [
    "an environment without props",
    () => new JobEnvironment(),
    'environment "": its options are undefined; they must be an object',
  ],
  [
    "a mode that there is not",
    () => new JobEnvironment({ name: "dev", mode: "dev" }),
    'environment "dev": mode is "dev"; it must be "development" or "production"',
  ],
  [
    "a variable that is null",
    () => new JobEnvironment({ name: "dev", mode: "development", variables: { catalog: null } }),
    'environment "dev": variables.catalog is null',
  ],
  [
    "defaults of a level that there is not",
    () => new JobEnvironment({ name: "dev", mode: "development", defaults: { atom: {} } }),
    'environment "dev": there is no prop "defaults.atom"',
  ],
  [
    "a schedule without options",
    () => JobTrigger.schedule(),
    "schedule: its options are undefined; they must be an object",
  ],
  [
    "a unit that there is not",
    () => JobTrigger.periodic({ interval: 1, unit: "MINUTES" }),
    'periodic trigger: unit is "MINUTES"',
  ],
  [
    "serverless dependencies as text",
    () => JobCompute.serverless({ dependencies: "tenacity" }),
    'serverless compute: dependencies is "tenacity"; it must be a list',
  ],
  [
    "a job cluster without options",
    () => JobCompute.jobCluster(),
    "job cluster: its options are undefined; they must be an object",
  ],
  [
    "a git provider in small letters",
    () => NotebookSource.fromGit({ ...git, provider: "github", branch: "main" }),
    'git notebook.provider is "github" (did you mean "gitHub"?)',
  ],
  [
    "a branch and a tag",
    () => NotebookSource.fromGit({ ...git, branch: "main", tag: "v1" }),
    "git notebook has branch and tag; give exactly one of branch, tag, commit",
  ],
  [
    "a notebook path that is undefined",
    () => NotebookSource.fromFile(undefined),
    "path is undefined; it must be text",
  ],
  [
    "a suppression of nothing",
    () => suppressFinding(),
    "suppressFinding: the scope is undefined; it must be a job, a stack or another construct",
  ],
  [
    "a suppression without options",
    ({ seed }) => suppressFinding(seed),
    "[alerting-dev/right_job] suppressFinding: its options are undefined; they must be an object",
  ],
  [
    "a suppression without a rule",
    ({ seed }) => suppressFinding(seed, { reason: "old" }),
    "[alerting-dev/right_job] suppressFinding: rule is missing",
  ],
  [
    "a suppression without a reason",
    ({ stack }) => suppressFinding(stack, { rule: "serverless", reason: " " }),
    '[alerting-dev] suppressFinding: reason is " "; it must be text that is not empty',
  ],
  [
    "a suppression until a Date",
    ({ seed }) => suppressFinding(seed, { rule: "serverless", reason: "old", until: new Date(0) }),
    '[alerting-dev/right_job] suppressFinding: until is a Date; it must be a day, such as "2030-12-31"',
  ],
  [
    "a suppression until a day that there is not",
    ({ seed }) => suppressFinding(seed, { rule: "serverless", reason: "old", until: "2026-13-01" }),
    '[alerting-dev/right_job] suppressFinding: until is "2026-13-01"; it must be a day',
  ],
  [
    "a suppression with a slip",
    ({ seed }) => suppressFinding(seed, { rules: "serverless", reason: "old" }),
    '[alerting-dev/right_job] suppressFinding: there is no prop "rules" (did you mean "rule"?)',
  ],
  [
    "a folder without options",
    ({ stack }) => new WorkspaceFolder(stack, "helpers"),
    "[alerting-dev/helpers] its options are undefined; they must be an object",
  ],
  [
    "a folder whose path is a list",
    ({ stack }) => new WorkspaceFolder(stack, "helpers", { path: ["notebooks"] }),
    "[alerting-dev/helpers] path is a list; it must be text",
  ],
  [
    "a folder without an id",
    ({ stack }) => new WorkspaceFolder(stack, undefined, { path: "notebooks" }),
    "[alerting-dev] the id of a workspace folder is undefined; it must be text",
  ],
  [
    "a folder in a layer instead of in its stack",
    ({ layer }) => new WorkspaceFolder(layer, "helpers", { path: "notebooks" }),
    "[helpers] its scope is a JobLayer; make a workspace folder in a JobStack or in a stack of a JobLayer",
  ],
  [
    "options of a policy that are null",
    () => new HierarchyPolicy(null),
    "HierarchyPolicy: its options are null; they must be an object",
  ],
  [
    "rules by their names",
    () => new HierarchyPolicy({ rules: ["serverless"] }),
    'HierarchyPolicy: rules[0] is "serverless"; it must be a rule, such as defineRule({ … })',
  ],
  [
    "one rule instead of a list",
    () => new HierarchyPolicy({ rules: RULES[0] }),
    "HierarchyPolicy: rules is an object; it must be a list",
  ],
  [
    "rules of an app that are none",
    () => new App({ rules: {} }),
    "App: rules is an object; it must be a list",
  ],
  [
    "options of an app that are null",
    () => new App(null),
    "App: its options are null; they must be an object",
  ],
  [
    "the environment of a stack, without its name",
    ({ stack }) => setEnvironment(stack),
    "setEnvironment: the name is undefined; it must be text",
  ],
  [
    "the environment of no stack",
    () => setEnvironment("dev"),
    'setEnvironment: the stack is "dev"; it must be a TerraformStack',
  ],
  [
    "a variable without a name",
    ({ stack }) => stack.environment.variable(),
    'environment "dev": the name of a variable is undefined; it must be text',
  ],
  [
    "an override of a task without a path",
    ({ seed }) => seed.addTaskOverride("seed"),
    "[alerting-dev/right_job] addTaskOverride: the path is undefined; it must be text",
  ],
  [
    "the graph of no app",
    () => jobGraph(),
    "jobGraph: the app is undefined; it must be an app, a stack or another construct",
  ],
  [
    "the graph of an environment that is not a name",
    ({ app }) => jobGraph(app, 5),
    "jobGraph: the environment is 5; it must be text",
  ],
  [
    "a matcher with a slip",
    ({ seed }) => jobMatchers.toBeAtomicJob(seed, { notbook: "seed.py" }),
    'toBeAtomicJob: there is no prop "notbook" (did you mean "notebook"?)',
  ],
  [
    "a matcher with one job instead of a list",
    ({ seed }) => jobMatchers.toRunJob(seed, "seed_job", { after: "tables_job" }),
    'toRunJob: after is "tables_job"; it must be a list',
  ],
  [
    "a matcher without the key of a job",
    ({ seed }) => jobMatchers.toRunJob(seed),
    "toRunJob: the key is undefined; it must be text",
  ],
];
