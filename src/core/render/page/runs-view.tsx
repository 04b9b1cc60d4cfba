import type { RunId } from "../../model/int64";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import {
  type JobRunNode,
  type TaskOutput,
  type TaskRunNode,
  succeeded,
} from "../../model/run-tree";
import { printable } from "../../model/text";
import type { PageRun } from "../../model/page-answers";
import type { PageClient } from "./page-client";
import { jobAddress } from "./place";
import { FilterBar, type RunFilters } from "./run-filters";
import { agoText, durationText, RunState, runTimes } from "./run-state";
import { tasksIn } from "./tasks-in";
import { useNow } from "./use-now";
import { Timeline } from "./timeline";
import { type RunList, useRun, type Workspace } from "./use-workspace";
import { VirtualRows } from "./virtual-rows";

const ROW = 52;

/** A list of runs, newest first, and the selected one as a timeline. */
export function RunsView({
  client,
  workspace,
  list,
  filters,
  jobName,
  onAllJobs,
  selected,
  onSelect,
  onAct,
}: {
  readonly client: PageClient;
  readonly workspace: Workspace;
  readonly list: RunList;
  readonly filters: RunFilters;
  /** Name of the job whose runs are listed; undefined for all jobs. */
  readonly jobName: string | undefined;
  readonly onAllJobs: () => void;
  readonly selected: RunId | undefined;
  readonly onSelect: (runId: RunId) => void;
  readonly onAct: (act: () => Promise<{ readonly run_id?: RunId }>) => void;
}) {
  const { runs, readMore, more } = list;
  const now = useNow(1000) + workspace.ahead;
  const isFiltered = Object.keys(filters.conditions).length > 0;
  const at = runs.findIndex(({ run_id: id }) => id === selected);
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step === undefined ? undefined : runs[at + step];
    if (next === undefined) return;
    event.preventDefault();
    onSelect(next.run_id);
  };
  return (
    <div class="runs">
      <nav aria-label="Runs">
        <p class="faint">
          {runs.length}
          {more ? "+" : ""} {runs.length === 1 ? "run" : "runs"}
          {jobName !== undefined && (
            <>
              {" "}
              of {printable(jobName)}{" "}
              <button type="button" class="link" onClick={onAllJobs}>
                all jobs
              </button>
            </>
          )}
        </p>
        <FilterBar filters={filters} />
        <VirtualRows
          class="rows"
          role="list"
          aria-label="Runs, newest first"
          count={runs.length}
          rowHeight={ROW}
          onEnd={readMore}
          shown={at}
          shownKey={selected}
          onKeyDown={onKey}
          row={(index, top) => {
            const run = runs[index];
            return run === undefined ? null : (
              <RunItem
                key={run.run_id}
                run={run}
                place={index + 1}
                count={more ? -1 : runs.length}
                top={top}
                isSelected={run.run_id === selected}
                now={now}
                onSelect={onSelect}
              />
            );
          }}
        />
      </nav>
      {selected === undefined ? (
        <p class="message faint">
          {runs.length > 0
            ? "Choose a run to see its timeline."
            : isFiltered
              ? "No run meets the filters."
              : "Nothing has run yet."}
        </p>
      ) : (
        <RunDetails
          key={selected}
          client={client}
          workspace={workspace}
          runId={selected}
          onAct={onAct}
        />
      )}
    </div>
  );
}

function RunItem({
  run,
  place,
  count,
  top,
  isSelected,
  now,
  onSelect,
}: {
  readonly run: PageRun;
  readonly place: number;
  readonly count: number;
  readonly top: number;
  readonly isSelected: boolean;
  readonly now: number;
  readonly onSelect: (runId: RunId) => void;
}) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const { current } = button;
    // Keyboard navigation keeps the selection in view.
    if (isSelected && current?.closest(".rows")?.contains(window.document.activeElement) === true)
      current.focus({ preventScroll: true });
  }, [isSelected]);
  return (
    <div
      role="listitem"
      class="item"
      aria-posinset={place}
      aria-setsize={count}
      style={{ top: `${top}px` }}
    >
      <button
        ref={button}
        type="button"
        aria-current={isSelected}
        onClick={() => {
          onSelect(run.run_id);
        }}
      >
        <span class="name">{printable(run.name.slice(0, 200))}</span>
        <span class="faint facts">
          <RunState {...run} />
          <span title={timeOf(run.start_time)}>{agoText(run.start_time, now)}</span>
          <span>{durationText(runTimes(run), now)}</span>
          <span>run {run.run_id}</span>
        </span>
      </button>
    </div>
  );
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toLocaleString(undefined, {
    dateStyle: "short",
    timeStyle: "medium",
  });
}

function RunDetails({
  client,
  workspace,
  runId,
  onAct,
}: {
  readonly client: PageClient;
  readonly workspace: Workspace;
  readonly runId: RunId;
  readonly onAct: (act: () => Promise<{ readonly run_id?: RunId }>) => void;
}) {
  const run = useRun(client, workspace, runId);
  const [taskRunId, setTaskRunId] = useState<RunId>();
  const now = useNow(1000) + workspace.ahead;
  if (run === undefined) return <p class="message faint">Reading run {runId} …</p>;
  if (typeof run === "string") return <p class="message">{printable(run)}</p>;
  const task =
    taskRunId === undefined ? (findTask(run, runId) ?? firstShown(run)) : findTask(run, taskRunId);
  const isOver = run.status.phase === "ended";
  return (
    <section class="run" aria-label={`Run ${runId}`}>
      <div class="run-head">
        <h2>
          {run.jobId === 0 ? (
            printable(run.key ?? run.name)
          ) : (
            <a href={jobAddress(run.jobId)}>{printable(run.key ?? run.name)}</a>
          )}
        </h2>
        <p>
          <RunState {...run} />{" "}
          <span class="faint">
            run {run.runId}
            {run.startTime !== undefined && `, ${timeOf(run.startTime)}`}
            {durationText(run, now) !== "" && `, ${durationText(run, now)}`}
          </span>
        </p>
        {headlineOf(run) !== "" && (
          <p class={succeeded(run) ? "" : "headline"} title={printable(run.status.message)}>
            {printable(headlineOf(run))}
          </p>
        )}
        <p class="group">
          {!isOver && (
            <button
              type="button"
              onClick={() => {
                onAct(() => client.act("cancel", { run_id: runId }));
              }}
            >
              Cancel
            </button>
          )}
          {isOver && !succeeded(run) && (
            <button
              type="button"
              title="Runs all failed tasks again, and what depends on them"
              onClick={() => {
                onAct(() => client.act("repair", { run_id: runId }));
              }}
            >
              Repair
            </button>
          )}
          {isOver && run.jobId !== 0 && (
            <button
              type="button"
              onClick={() => {
                onAct(() => client.act("run", { job_id: run.jobId }));
              }}
            >
              Run again
            </button>
          )}
        </p>
      </div>
      <Timeline
        run={run}
        ahead={workspace.ahead}
        selected={task?.runId}
        onSelect={({ runId: id }) => {
          setTaskRunId(id);
        }}
      />
      {task !== undefined && <TaskDetails key={task.runId} client={client} task={task} />}
    </section>
  );
}

function findTask(run: JobRunNode, runId: RunId): TaskRunNode | undefined {
  for (const task of tasksIn(run)) if (task.runId === runId) return task;
  return undefined;
}

/** The task to select initially: the innermost failure, or the only task. */
function firstShown(run: JobRunNode): TaskRunNode | undefined {
  const [task, another] = run.tasks;
  return innermostFailure(run) ?? (another === undefined ? task : undefined);
}

function innermostFailure(run: JobRunNode): TaskRunNode | undefined {
  for (const task of tasksIn(run)) if (task.output?.error !== undefined) return task;
  return undefined;
}

/** The innermost error of a failed run, not the messages of enclosing tasks. */
function headlineOf(run: JobRunNode): string {
  const [line = ""] = (innermostFailure(run)?.output?.error ?? "").trim().split("\n");
  return line === "" ? run.status.message : line;
}

function TaskDetails({
  client,
  task,
}: {
  readonly client: PageClient;
  readonly task: TaskRunNode;
}) {
  const [whole, setWhole] = useState<TaskOutput>();
  const [problem, setProblem] = useState<string>();
  const isOver = task.status.phase === "ended";
  const isRun = task.child === undefined && task.runJobId === undefined;
  useEffect(() => {
    if (!isOver || !isRun) return;
    client.get<TaskOutput>(`outputs/${task.runId}`).then(setWhole, (failure: unknown) => {
      setProblem(failure instanceof Error ? failure.message : String(failure));
    });
  }, [client, isOver]);
  const { error, errorTrace, logs, result } = whole ?? task.output ?? {};
  return (
    <section class="task" aria-label={`Task ${printable(task.taskKey)}`}>
      <h3>{printable(task.taskKey)}</h3>
      <p>
        <RunState {...task} />{" "}
        {task.notebookPath !== undefined && <code>{printable(task.notebookPath)}</code>}
      </p>
      {task.status.message !== "" && task.status.message !== error && (
        <p>{printable(task.status.message)}</p>
      )}
      {error !== undefined && <Text title="Error" text={error} isError />}
      {errorTrace !== undefined && <Text title="Trace" text={errorTrace} />}
      {result !== undefined && <Text title="Exit value" text={result} />}
      {logs !== undefined && logs !== "" && <Text title="Output" text={logs} />}
      {isOver && isRun && (logs ?? error ?? result) === undefined && (
        <p class="faint">
          {whole !== undefined
            ? "It left no output."
            : problem === undefined
              ? "Reading its output …"
              : printable(problem)}
        </p>
      )}
    </section>
  );
}

function Text({
  title,
  text,
  isError = false,
}: {
  readonly title: string;
  readonly text: string;
  readonly isError?: boolean;
}) {
  return (
    <>
      <h3>{title}</h3>
      <pre class={isError ? "error" : ""} tabindex={0} aria-label={title}>
        {text.split("\n").map(printable).join("\n")}
      </pre>
    </>
  );
}
