import type { ComponentChildren } from "preact";
import { formatLocation } from "../../model/source-location";
import { printable } from "../../model/text";
import type { DocumentFinding, DocumentJob, DocumentTask } from "../document";
import { dependencyText } from "../task-words";
import type { Relations } from "./relations";
import { LEVEL_WORDS, levelOf } from "./level";

/** Details of a job. */
export function JobDetails({
  job,
  relations,
  onSelect,
  children,
}: {
  readonly job: DocumentJob;
  readonly relations: Relations;
  readonly onSelect: (id: string) => void;
  /** Actions on the job. */
  readonly children?: ComponentChildren;
}) {
  const { parameters = [], triggers = [] } = job;
  const links = (ids: readonly string[]): ComponentChildren => (
    <JobLinks ids={ids} relations={relations} onSelect={onSelect} />
  );
  const runs = relations.runs(job.id);
  const runBy = relations.runBy(job.id);
  return (
    <article>
      <h2>{printable(job.key)}</h2>
      {job.name !== undefined && <p class="faint">{printable(job.name)}</p>}
      <p>
        <span class={`badge ${levelOf(job)}`}>{LEVEL_WORDS[levelOf(job)]}</span>
      </p>
      {children}
      {job.description !== undefined && <p>{printable(job.description)}</p>}
      {job.findings.length > 0 && (
        <Section title="Findings of the policy">
          <Findings findings={job.findings} />
        </Section>
      )}
      {runBy.length > 0 && <Section title="Run by">{links(runBy)}</Section>}
      {runs.length > 0 && <Section title="Runs">{links(runs)}</Section>}
      <Section title="Tasks">
        {job.tasks.length === 0 && <p class="faint">None</p>}
        <ul class="tasks">
          {job.tasks.map((task) => (
            <li key={task.id}>
              <strong>{printable(task.task_key)}</strong>
              {task.runs !== undefined && <> runs {links([task.runs])}</>}
              {task.runs === undefined && <code>{printable(task.notebook ?? task.what)}</code>}
              <TaskTerms task={task} />
              {task.parameters !== undefined && <Values values={Object.entries(task.parameters)} />}
            </li>
          ))}
        </ul>
      </Section>
      {parameters.length > 0 && (
        <Section title="Parameters">
          <Values values={parameters.map(({ name, default: value = "" }) => [name, value])} />
        </Section>
      )}
      {triggers.length > 0 && (
        <Section title="Starts by itself">
          <ul>
            {triggers.map(({ kind, detail, paused }, at) => (
              <li key={at}>
                {kind} {detail !== undefined && <code>{printable(detail)}</code>}
                {paused === true && <span class="faint"> paused</span>}
              </li>
            ))}
          </ul>
        </Section>
      )}
      {Object.keys(job.tags).length > 0 && (
        <Section title="Tags">
          <Values values={Object.entries(job.tags)} />
        </Section>
      )}
      {job.run_as !== undefined && <Section title="Runs as">{printable(job.run_as)}</Section>}
      {job.location !== undefined && (
        <Section title="Written in">
          <code>{printable(formatLocation(job.location))}</code>
        </Section>
      )}
    </article>
  );
}

/** Findings, each with its fix. */
export function Findings({ findings }: { readonly findings: readonly DocumentFinding[] }) {
  return (
    <ul class="findings">
      {findings.map(({ rule, severity, message, fix }, at) => (
        <li key={at} class={severity}>
          <strong>
            {severity === "error" ? "✖" : "!"} {printable(rule)}
          </strong>
          <span>{printable(message)}</span>
          <span class="faint">fix: {printable(fix)}</span>
        </li>
      ))}
    </ul>
  );
}

function Section({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function JobLinks({
  ids,
  relations,
  onSelect,
}: {
  readonly ids: readonly string[];
  readonly relations: Relations;
  readonly onSelect: (id: string) => void;
}) {
  return (
    <span class="links">
      {ids.map((id) => (
        <button
          key={id}
          type="button"
          class="link"
          onClick={() => {
            onSelect(id);
          }}
        >
          {printable(relations.job(id)?.key ?? id)}
        </button>
      ))}
    </span>
  );
}

/** A table of names and values. */
export function Values({ values }: { readonly values: readonly (readonly [string, string])[] }) {
  return (
    <table class="values">
      <tbody>
        {values.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{printable(name)}</th>
            <td>
              <code>{printable(value)}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Conditions of a task. */
function TaskTerms({ task }: { readonly task: DocumentTask }) {
  const { depends_on: keys, outcomes = {}, when = [], inside } = task;
  const after = [...new Set(keys)].map((key) => dependencyText(key, outcomes[key]));
  const terms = [
    ...(inside === undefined ? [] : [`in ${inside}`]),
    ...(after.length === 0 ? [] : [`after ${after.join(", ")}`]),
    ...when,
  ];
  return terms.length === 0 ? null : <span class="faint"> {terms.map(printable).join(", ")}</span>;
}
