"""Uses a workspace through the official SDK, as somebody's own script would, and prints one line for each part."""

import base64
import io
import time
from datetime import timedelta

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import (
    InvalidParameterValue,
    NotFound,
    OperationFailed,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from databricks.sdk.service import compute, iam, jobs, settings, sql, workspace as ws

w = WorkspaceClient()
PATIENCE = timedelta(seconds=30)
NOTEBOOK = b"# Databricks notebook source\nprint('seeded')\n"


def part(name):
    print(name, flush=True)


def task(key, **more):
    notebook = jobs.NotebookTask(notebook_path=f"/Shared/sdk/{key}", base_parameters={"catalog": "dev"})
    return jobs.Task(task_key=key, notebook_task=notebook, **more)


me = w.current_user.me()
assert me.user_name and me.id, me
part("current user")

w.workspace.mkdirs("/Shared/sdk/folder")
for name in ["tables", "seed", "first", "then", "fails"]:
    w.workspace.upload(
        f"/Shared/sdk/{name}",
        io.BytesIO(NOTEBOOK),
        format=ws.ImportFormat.SOURCE,
        language=ws.Language.PYTHON,
        overwrite=True,
    )
w.workspace.upload("/Shared/sdk/notes.txt", io.BytesIO(b"plain"), format=ws.ImportFormat.AUTO)
w.workspace.import_(
    "/Shared/sdk/imported",
    content=base64.b64encode(NOTEBOOK).decode(),
    format=ws.ImportFormat.SOURCE,
    language=ws.Language.PYTHON,
)
assert w.workspace.download("/Shared/sdk/seed").read() == NOTEBOOK
assert w.workspace.download("/Shared/sdk/notes.txt").read() == b"plain"
assert base64.b64decode(w.workspace.export("/Shared/sdk/imported").content) == NOTEBOOK
assert w.workspace.get_status("/Shared/sdk/seed").language == ws.Language.PYTHON
listed = {o.path: o.object_type for o in w.workspace.list("/Shared/sdk", recursive=True)}
assert listed["/Shared/sdk/seed"] == ws.ObjectType.NOTEBOOK, listed
assert listed["/Shared/sdk/notes.txt"] == ws.ObjectType.FILE, listed
try:
    w.workspace.get_status("/Shared/sdk/nothing")
    raise AssertionError("what does not exist has a status")
except (NotFound, ResourceDoesNotExist):
    pass
part("workspace upload, download, list and mkdirs")

serverless = [jobs.JobEnvironment(environment_key="default", spec=compute.Environment(environment_version="4"))]
created = w.jobs.create(
    name="SDK - Seed",
    tags={"job_level": "atomic"},
    environments=serverless,
    parameters=[jobs.JobParameterDefinition(name="force_reseed", default="false")],
    tasks=[
        task("tables", environment_key="default"),
        task("seed", environment_key="default", depends_on=[jobs.TaskDependency("tables")]),
    ],
)
job_id = created.job_id
job = w.jobs.get(job_id)
assert job.settings.name == "SDK - Seed" and job.creator_user_name == me.user_name, job
assert [t.task_key for t in job.settings.tasks] == ["tables", "seed"], job.settings.tasks
many = [w.jobs.create(name=f"SDK - Many {i}", tasks=[task("seed")]).job_id for i in range(30)]
assert {j.job_id for j in w.jobs.list()} == {job_id, *many}
assert len(list(w.jobs.list(limit=7))) == 31
assert [j.job_id for j in w.jobs.list(name="SDK - Seed", expand_tasks=True)] == [job_id]
part("jobs create, get and list")

w.jobs.update(job_id, new_settings=jobs.JobSettings(max_concurrent_runs=3), fields_to_remove=["tags"])
job = w.jobs.get(job_id)
assert job.settings.max_concurrent_runs == 3 and not job.settings.tags, job.settings
whole = job.settings
whole.description = "Seeds"
w.jobs.reset(job_id, whole)
assert w.jobs.get(job_id).settings.description == "Seeds"
try:
    w.jobs.create(name="SDK - Wrong", tasks=[task("seed", depends_on=[jobs.TaskDependency("nobody")])])
    raise AssertionError("a task may depend on nobody")
except InvalidParameterValue as refused:
    assert "nobody" in str(refused), refused
part("jobs update and reset")

run = w.jobs.run_now(job_id, job_parameters={"force_reseed": "true"}).result(timeout=PATIENCE)
assert run.state.result_state == jobs.RunResultState.SUCCESS, run.state
assert run.status.termination_details.code == jobs.TerminationCodeCode.SUCCESS, run.status
assert [(p.name, p.value) for p in run.job_parameters] == [("force_reseed", "true")], run.job_parameters
assert {t.task_key for t in run.tasks} == {"tables", "seed"}
output = w.jobs.get_run_output(run.tasks[0].run_id)
assert output.notebook_output is not None and "[simulated]" in output.logs, output
assert [r.run_id for r in w.jobs.list_runs(job_id=job_id, completed_only=True)] == [run.run_id]
waiter = w.jobs.submit(run_name="SDK - Once", tasks=[jobs.SubmitTask(task_key="once", notebook_task=jobs.NotebookTask(notebook_path="/Shared/sdk/seed"))])
assert waiter.result(timeout=PATIENCE).state.result_state == jobs.RunResultState.SUCCESS
part("run now, submit, get output and list runs")

parent = w.jobs.create(
    name="SDK - Setup",
    tasks=[jobs.Task(task_key="seed", run_job_task=jobs.RunJobTask(job_id=job_id))],
).job_id
assert w.jobs.run_now_and_wait(parent, timeout=PATIENCE).state.result_state == jobs.RunResultState.SUCCESS
part("a job that runs a job")

flaky = w.jobs.create(name="SDK - Flaky", tasks=[task("first"), task("then", depends_on=[jobs.TaskDependency("first")])]).job_id
failing = w.jobs.run_now(flaky)
try:
    failing.result(timeout=PATIENCE)
    raise AssertionError("a run whose task failed has succeeded")
except OperationFailed as failure:
    assert "Task first failed" in str(failure), failure
failed = w.jobs.get_run(failing.run_id)
assert failed.state.result_state == jobs.RunResultState.FAILED, failed.state
repaired = w.jobs.repair_run(failed.run_id, rerun_all_failed_tasks=True, rerun_dependent_tasks=True).result(timeout=PATIENCE)
assert repaired.state.result_state == jobs.RunResultState.SUCCESS, repaired.state
history = w.jobs.get_run(failed.run_id, include_history=True).repair_history
assert [item.type for item in history] == [jobs.RepairHistoryItemType.ORIGINAL, jobs.RepairHistoryItemType.REPAIR], history
part("repair")

waiting = w.jobs.create(
    name="SDK - Waiting",
    tasks=[task("fails", max_retries=1, min_retry_interval_millis=600_000)],
).job_id
pending = w.jobs.run_now(waiting)
time.sleep(0.2)
cancelled = w.jobs.cancel_run(pending.run_id).result(timeout=PATIENCE)
assert cancelled.state.result_state == jobs.RunResultState.CANCELED, cancelled.state
part("cancel")

entry = iam.AccessControlRequest(group_name="users", permission_level=iam.PermissionLevel.CAN_VIEW)
owner = iam.AccessControlRequest(user_name=me.user_name, permission_level=iam.PermissionLevel.IS_OWNER)
w.permissions.set("jobs", str(job_id), access_control_list=[entry, owner])
acl = w.permissions.get("jobs", str(job_id)).access_control_list
levels = {a.group_name or a.user_name: [p.permission_level for p in a.all_permissions] for a in acl}
assert levels["users"] == [iam.PermissionLevel.CAN_VIEW], levels
part("permissions")

(warehouse,) = w.warehouses.list()
assert w.warehouses.get(warehouse.id).state == sql.State.RUNNING, warehouse
part("SQL warehouses")

destinations = w.notification_destinations
webhook = settings.Config(generic_webhook=settings.GenericWebhookConfig(url="https://hooks.example.com/x", password="p"))
config = {
    "EMAIL": settings.Config(email=settings.EmailConfig(addresses=["finops@example.com"])),
    "SLACK": settings.Config(slack=settings.SlackConfig(url="https://hooks.slack.example.com/x")),
    "WEBHOOK": webhook,
    "MICROSOFT_TEAMS": settings.Config(microsoft_teams=settings.MicrosoftTeamsConfig(url="https://teams.example.com/x")),
    "PAGERDUTY": settings.Config(pagerduty=settings.PagerdutyConfig(integration_key="k")),
}
made = {kind: destinations.create(display_name=f"SDK - {kind}", config=each) for kind, each in config.items()}
assert {d.id: d.destination_type.value for d in destinations.list(page_size=2)} == {d.id: k for k, d in made.items()}
read = destinations.get(made["WEBHOOK"].id).config.generic_webhook
assert (read.url_set, read.password_set, read.url, read.password) == (True, True, None, None), read
renamed = destinations.update(made["SLACK"].id, display_name="SDK - Night", config=config["SLACK"])
assert renamed.display_name == "SDK - Night" and renamed.config.slack.url_set, renamed
destinations.delete(made["PAGERDUTY"].id)
try:
    destinations.get(made["PAGERDUTY"].id)
    raise AssertionError("a destination that was deleted can be read")
except NotFound:
    pass
part("notification destinations")


def alert(name, **more):
    subscriptions = [
        sql.AlertV2Subscription(user_email="finops@example.com"),
        sql.AlertV2Subscription(destination_id=made["SLACK"].id),
    ]
    fields = dict(
        display_name=name,
        query_text="SELECT 1 AS always_trigger, 'hello' AS alert_message",
        warehouse_id=warehouse.id,
        evaluation=sql.AlertV2Evaluation(
            comparison_operator=sql.ComparisonOperator.GREATER_THAN,
            source=sql.AlertV2OperandColumn(name="always_trigger", aggregation=sql.Aggregation.MAX),
            threshold=sql.AlertV2Operand(value=sql.AlertV2OperandValue(double_value=0)),
            empty_result_state=sql.AlertEvaluationState.OK,
            notification=sql.AlertV2Notification(notify_on_ok=True, retrigger_seconds=60, subscriptions=subscriptions),
        ),
        schedule=sql.CronSchedule(quartz_cron_schedule="0 0 8 * * ?", timezone_id="UTC"),
    )
    return sql.AlertV2(**{**fields, **more})


one = w.alerts_v2.create_alert(alert("SDK - One", custom_summary="{{ALERT_NAME}}"))
assert one.lifecycle_state == sql.AlertLifecycleState.ACTIVE and one.create_time and one.owner_user_name, one
assert one.evaluation.threshold.value.double_value == 0, one.evaluation
assert one.effective_run_as.user_name == me.user_name, one
others = [w.alerts_v2.create_alert(alert(f"SDK - {i}")).id for i in range(24)]
assert [a.id for a in w.alerts_v2.list_alerts(page_size=10)] == [one.id, *others]
assert len(list(w.alerts_v2.list_alerts())) == 25
change = alert("SDK - One", query_text="SELECT 2 AS always_trigger", custom_summary=None)
masked = w.alerts_v2.update_alert(one.id, change, update_mask="query_text,evaluation.notification")
assert masked.query_text == change.query_text and masked.custom_summary == one.custom_summary, masked
replaced = w.alerts_v2.update_alert(one.id, change, update_mask="*")
assert replaced.custom_summary is None and replaced.parent_path == one.parent_path, replaced
for wrong, mask in [(change, "querytext"), (alert("x", warehouse_id="nowhere"), "*")]:
    try:
        w.alerts_v2.update_alert(one.id, wrong, update_mask=mask)
        raise AssertionError("a wrong update is taken")
    except InvalidParameterValue:
        pass
w.alerts_v2.trash_alert(one.id)
assert w.alerts_v2.get_alert(one.id).lifecycle_state == sql.AlertLifecycleState.DELETED
assert one.id not in [a.id for a in w.alerts_v2.list_alerts()]
w.alerts_v2.trash_alert(one.id, purge=True)
try:
    w.alerts_v2.get_alert(one.id)
    raise AssertionError("an alert that was purged can be read")
except NotFound as gone:
    assert f"Alert with ID '{one.id}' does not exist" in str(gone), gone
part("alerts")

w.secrets.create_scope("sdk")
assert [s.name for s in w.secrets.list_scopes()] == ["sdk"]
w.secrets.put_secret("sdk", "text", string_value="häufig")
w.secrets.put_secret("sdk", "bytes", bytes_value=base64.b64encode(b"\x00\xff").decode())
assert w.dbutils.secrets.get("sdk", "text") == "häufig"
assert w.dbutils.secrets.getBytes("sdk", "bytes") == b"\x00\xff"
assert {s.key for s in w.secrets.list_secrets("sdk")} == {"text", "bytes"}
w.secrets.put_acl("sdk", "users", ws.AclPermission.READ)
assert w.secrets.get_acl("sdk", "users").permission == ws.AclPermission.READ
w.secrets.delete_acl("sdk", "users")
assert [a.principal for a in w.secrets.list_acls("sdk")] == [me.user_name]
for attempt, refusal in [
    (lambda: w.secrets.create_scope("sdk"), ResourceAlreadyExists),
    (lambda: w.secrets.get_secret("sdk", "gone"), ResourceDoesNotExist),
]:
    try:
        attempt()
        raise AssertionError("what must not work works")
    except refusal:
        pass
w.secrets.delete_secret("sdk", "text")
w.secrets.delete_scope("sdk")
assert list(w.secrets.list_scopes()) == []
part("secrets")

w.jobs.delete_run(run.run_id)
for each in [job_id, parent, flaky, waiting, *many]:
    w.jobs.delete(each)
assert list(w.jobs.list()) == []
try:
    w.jobs.get(job_id)
    raise AssertionError("a job that was deleted can be read")
except (NotFound, ResourceDoesNotExist, InvalidParameterValue) as gone:
    assert "does not exist" in str(gone), gone
w.workspace.delete("/Shared/sdk", recursive=True)
part("delete")
