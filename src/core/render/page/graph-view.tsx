import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { SEVERITIES } from "../../model/finding";
import { printable } from "../../model/text";
import type { DocumentFinding, DocumentJob, HierarchyDocument } from "../document";
import { Drawing, itemId, type JobState } from "./drawing";
import { Findings, JobDetails } from "./job-details";
import { type Box, layoutOf } from "./layout";
import { Legend } from "./legend";
import { usePanZoom } from "./pan-zoom";
import { Relations } from "./relations";

/** Smaller hierarchies are shown whole at first. */
const SHOWN_WHOLE = 60;
const MAX_FOUND = 50;
const MAX_LISTED = 500;

/** The hierarchies of some environments, to look around in. */
export function GraphView({
  documents,
  level = "jobs",
  selected,
  onSelect,
  states,
  actions,
}: {
  /** At least one. */
  readonly documents: readonly HierarchyDocument[];
  /** What is shown at first. @default "jobs" */
  readonly level?: "jobs" | "tasks";
  /** Id of the job whose details are shown. */
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  readonly states?: ReadonlyMap<string, JobState>;
  /** What can be done with a job. */
  readonly actions?: (job: DocumentJob) => ComponentChildren;
}) {
  const [environment, setEnvironment] = useState(documents[0]?.environment ?? "");
  const holds = ({ jobs }: HierarchyDocument): boolean => jobs.some(({ id }) => id === selected);
  const document =
    documents.find((each) => each.environment === environment) ?? documents[0] ?? EMPTY;
  useEffect(() => {
    if (selected === undefined || holds(document)) return;
    const other = documents.find(holds);
    if (other !== undefined) setEnvironment(other.environment);
  }, [selected, documents]);
  const picker = documents.length > 1 && (
    <label>
      Environment{" "}
      <select
        value={document.environment}
        onChange={(event) => {
          onSelect(undefined);
          setEnvironment(event.currentTarget.value);
        }}
      >
        {documents.map((each) => (
          <option key={each.environment} value={each.environment}>
            {printable(each.environment)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <Hierarchy
      key={document.environment}
      document={document}
      firstLevel={level}
      selected={selected}
      onSelect={onSelect}
      picker={picker}
      {...(states && { states })}
      {...(actions && { actions })}
    />
  );
}

const EMPTY: HierarchyDocument = { version: 1, environment: "", jobs: [], edges: [] };

function Hierarchy({
  document,
  firstLevel,
  selected,
  onSelect,
  states,
  actions,
  picker,
}: {
  readonly document: HierarchyDocument;
  readonly firstLevel: "jobs" | "tasks";
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  readonly states?: ReadonlyMap<string, JobState>;
  readonly actions?: (job: DocumentJob) => ComponentChildren;
  readonly picker: ComponentChildren;
}) {
  const svg = useRef<SVGSVGElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const relations = useMemo(() => new Relations(document), [document]);
  const [level, setLevel] = useState(firstLevel);
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(() => firstExpanded(document));
  const [query, setQuery] = useState("");
  const [listed, setListed] = useState(false);
  const printing = usePrinting();
  const layout = useMemo(
    () => layoutOf(document, { level, isExpanded: (id) => expanded.has(id) }),
    [document, level, expanded],
  );
  const boxes = useMemo(() => new Map(layout.boxes.map((box) => [box.job.id, box])), [layout]);
  const [wanted, setWanted] = useState<string>();
  const current = wanted !== undefined && boxes.has(wanted) ? wanted : layout.boxes[0]?.job.id;
  const view = usePanZoom(svg, layout, level);
  const found = useMemo(() => relations.find(query), [relations, query]);
  const matches = useMemo(
    () => (query.trim() === "" ? undefined : new Set(found.map(({ id }) => id))),
    [found, query],
  );

  /** What is to be brought into sight, or to keep its place, once it is laid out. */
  const next = useRef<{ show?: string; focus?: boolean; keep?: Box }>({});
  useLayoutEffect(() => {
    const { show, focus, keep } = next.current;
    next.current = {};
    const kept = keep && boxes.get(keep.job.id);
    if (keep !== undefined && kept !== undefined) view.keep(keep, kept);
    const shown = show === undefined ? undefined : boxes.get(show);
    if (shown !== undefined) view.show(shown);
    if (show !== undefined && focus === true)
      window.document.getElementById(itemId(show))?.focus({ preventScroll: true });
  });

  const toggle = (id: string, open = !expanded.has(id)): void => {
    const box = boxes.get(id);
    if (box !== undefined) next.current.keep = box;
    setExpanded((before) => {
      const after = new Set(before);
      if (open) after.add(id);
      else after.delete(id);
      return after;
    });
  };
  const goTo = (id: string, focus = false): void => {
    next.current = { show: id, focus };
    setWanted(id);
    setExpanded((before) => new Set([...before, ...relations.above(id)]));
  };
  const choose = (id: string): void => {
    setListed(false);
    onSelect(id);
    goTo(id);
  };
  const isThere = selected !== undefined && relations.job(selected) !== undefined;
  useEffect(() => {
    if (selected !== undefined && isThere) goTo(selected);
  }, [selected, isThere]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target, key, ctrlKey, metaKey, altKey } = event;
      if (ctrlKey || metaKey || altKey) return;
      if (key === "Escape") {
        if (target === search.current) setQuery("");
        else close();
        return;
      }
      if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
      if (key === "/") search.current?.focus();
      else if (key === "+" || key === "=") view.zoomBy(1.3);
      else if (key === "-") view.zoomBy(1 / 1.3);
      else if (key === "0") view.fit();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  });
  const close = (): void => {
    // The focus moves from the details back to their job.
    if (selected !== undefined && isThere) {
      next.current = { show: selected, focus: true };
      setWanted(selected);
    }
    setListed(false);
    onSelect(undefined);
  };
  const onTreeKey = (event: KeyboardEvent): void => {
    if (current === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = boxes.get(current);
    const goal = box === undefined ? undefined : neighbour(event.key, box, layout.boxes);
    if (goal === "select") choose(current);
    else if (goal === "expand" || goal === "collapse") toggle(current, goal === "expand");
    else if (goal !== undefined) goTo(goal, true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const job = selected === undefined ? undefined : relations.job(selected);
  const findings = useMemo(() => findingsOf(document), [document]);
  const isOpen = job !== undefined || listed;
  return (
    <div class={`graph${isOpen ? " open" : ""}`}>
      <div class="toolbar" role="toolbar" aria-label="Drawing">
        {picker}
        <input
          ref={search}
          type="search"
          value={query}
          placeholder="Search ( / )"
          aria-label="Search for jobs, tasks, notebooks and tags"
          onInput={(event) => {
            setQuery(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            const [first] = found;
            if (event.key === "Enter" && first !== undefined) choose(first.id);
          }}
        />
        <label>
          <input
            type="checkbox"
            checked={level === "tasks"}
            onChange={(event) => {
              setLevel(event.currentTarget.checked ? "tasks" : "jobs");
            }}
          />{" "}
          Tasks
        </label>
        <span class="group">
          <button
            type="button"
            onClick={() => {
              setExpanded(new Set(document.jobs.map(({ id }) => id)));
            }}
          >
            Expand all
          </button>
          <button
            type="button"
            onClick={() => {
              setExpanded(new Set());
            }}
          >
            Collapse all
          </button>
        </span>
        <span class="group">
          <button
            type="button"
            aria-label="Zoom out"
            onClick={() => {
              view.zoomBy(1 / 1.3);
            }}
          >
            −
          </button>
          <button
            type="button"
            aria-label="Zoom in"
            onClick={() => {
              view.zoomBy(1.3);
            }}
          >
            +
          </button>
          <button type="button" onClick={view.fit}>
            Fit
          </button>
        </span>
        <button
          type="button"
          aria-pressed={listed}
          onClick={() => {
            onSelect(undefined);
            setListed(!listed);
          }}
        >
          {findings.length === 0 ? "No findings" : countOf(findings)}
        </button>
        <span class="faint" role="status">
          {query.trim() === ""
            ? `${document.jobs.length} ${document.jobs.length === 1 ? "job" : "jobs"}`
            : `${found.length} of ${document.jobs.length} jobs`}
        </span>
      </div>
      {matches !== undefined && (
        <ul class="found" aria-label="Jobs found">
          {found.slice(0, MAX_FOUND).map((each) => (
            <li key={each.id}>
              <button
                type="button"
                class="link"
                onClick={() => {
                  choose(each.id);
                }}
              >
                {printable(each.key.slice(0, 200))}
              </button>
            </li>
          ))}
          {found.length > MAX_FOUND && <li class="faint">… {found.length - MAX_FOUND} more</li>}
        </ul>
      )}
      <svg
        ref={svg}
        role="group"
        class="drawing"
        onKeyDown={onTreeKey}
        {...(printing && { viewBox: `0 0 ${layout.width} ${layout.height}` })}
      >
        <g {...(!printing && { transform: view.transform })}>
          <Drawing
            layout={layout}
            {...(!printing && { window: view.window })}
            selected={selected}
            current={current}
            matches={matches}
            {...(states && { states })}
            actions={{ onSelect: choose, onToggle: toggle }}
          />
        </g>
      </svg>
      <Legend hasStates={states !== undefined} />
      {isOpen && (
        <aside aria-label={job === undefined ? "Findings of the policy" : "Job"}>
          <button type="button" class="close" aria-label="Close" onClick={close}>
            ✕
          </button>
          {job === undefined ? (
            <FindingsList findings={findings} onSelect={choose} />
          ) : (
            <JobDetails job={job} relations={relations} onSelect={choose}>
              {actions?.(job)}
            </JobDetails>
          )}
        </aside>
      )}
    </div>
  );
}

/** One mistake, and the jobs that have a part in it. */
interface Mistake extends DocumentFinding {
  readonly jobs: DocumentJob[];
}

function findingsOf({ jobs }: HierarchyDocument): Mistake[] {
  const mistakes = new Map<string, Mistake>();
  for (const job of jobs) {
    for (const finding of job.findings) {
      const key = `${finding.rule}\0${finding.message}`;
      const mistake = mistakes.get(key);
      if (mistake === undefined) mistakes.set(key, { ...finding, jobs: [job] });
      else mistake.jobs.push(job);
    }
  }
  return [...mistakes.values()].sort(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity),
  );
}

function FindingsList({
  findings,
  onSelect,
}: {
  readonly findings: readonly Mistake[];
  readonly onSelect: (id: string) => void;
}) {
  return (
    <article>
      <h2>Findings of the policy</h2>
      {findings.length === 0 && <p class="faint">None</p>}
      {findings.slice(0, MAX_LISTED).map(({ jobs, ...finding }) => (
        <section key={`${finding.rule} ${finding.message}`}>
          <Findings findings={[finding]} />
          <span class="links">
            {jobs.slice(0, MAX_FOUND).map(({ id, key }) => (
              <button
                key={id}
                type="button"
                class="link"
                onClick={() => {
                  onSelect(id);
                }}
              >
                {printable(key.slice(0, 200))}
              </button>
            ))}
            {jobs.length > MAX_FOUND && <span class="faint">… {jobs.length - MAX_FOUND} more</span>}
          </span>
        </section>
      ))}
      {findings.length > MAX_LISTED && <p class="faint">… {findings.length - MAX_LISTED} more</p>}
    </article>
  );
}

function countOf(findings: readonly { readonly severity: string }[]): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const others = findings.length - errors;
  return [
    ...(errors > 0 ? [`✖ ${errors} ${errors === 1 ? "error" : "errors"}`] : []),
    ...(others > 0 ? [`! ${others} ${others === 1 ? "warning" : "warnings"}`] : []),
  ].join(", ");
}

/** Everything, if that is little; else the top alone, or what is below it if it is one job. */
function firstExpanded({ jobs, edges }: HierarchyDocument): Set<string> {
  if (jobs.length <= SHOWN_WHOLE) return new Set(jobs.map(({ id }) => id));
  const run = new Set(edges.filter(({ kind }) => kind === "run_job").map(({ to }) => to));
  const [root, another] = jobs.filter(({ id }) => !run.has(id));
  return new Set(root !== undefined && another === undefined ? [root.id] : []);
}

/** What a key means at a box, as in any tree: the id of another job, or what is to be done with this one. */
function neighbour(key: string, box: Box, boxes: readonly Box[]): string | undefined {
  const beside = (by: number): string | undefined => {
    const column = boxes
      .filter(({ depth }) => depth === box.depth)
      .sort((a, b) => a.x - b.x || a.y - b.y);
    return column[column.indexOf(box) + by]?.job.id;
  };
  switch (key) {
    case "Enter":
    case " ":
      return "select";
    case "ArrowDown":
      return beside(1);
    case "ArrowUp":
      return beside(-1);
    case "ArrowRight":
      if (box.runs > 0 && !box.expanded) return "expand";
      return boxes.find(({ parent }) => parent === box.job.id)?.job.id;
    case "ArrowLeft":
      return box.expanded ? "collapse" : box.parent;
    case "Home":
      return boxes[0]?.job.id;
    case "End":
      return boxes.at(-1)?.job.id;
    default:
      return undefined;
  }
}

/** Whether the page is being printed, which shows the whole drawing. */
function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const before = (): void => {
      setPrinting(true);
    };
    const after = (): void => {
      setPrinting(false);
    };
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
    return () => {
      window.removeEventListener("beforeprint", before);
      window.removeEventListener("afterprint", after);
    };
  }, []);
  return printing;
}
