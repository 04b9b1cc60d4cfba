import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { printable } from "../../../model/text";
import type { DocumentJob, HierarchyDocument } from "../../document";
import { activityRows } from "../box-activity";
import { type BoxActivity, Drawing, itemId } from "../drawing";
import { JobDetails } from "../job-details";
import type { Box } from "../layout/layout";
import { Legend } from "../legend";
import { usePanZoom } from "../pan-zoom";
import { Relations } from "../relations";
import { Expansion } from "./expansion";
import { FindingsList, mistakesOf } from "./findings-list";
import { JobList } from "./job-list";
import { meaningOf, usePageKeys } from "./keys";
import { usePrinting } from "./printing";
import { Found, Toolbar } from "./toolbar";

/** Maximum width at which a list is shown first; pixels. */
const NARROW = 720;
/** Space above and beside a drawing; pixels. */
const AROUND = { width: 0, height: 110 };
/** Maximum jobs of an initially open list. */
const LISTED_WHOLE = 60;

/** An interactive view of the hierarchies of one or more environments. */
export function GraphView({
  documents,
  level = "jobs",
  selected,
  onSelect,
  activityOf,
  actions,
}: {
  /** At least one. */
  readonly documents: readonly HierarchyDocument[];
  /** Initial level of detail. @default "jobs" */
  readonly level?: "jobs" | "tasks";
  /** Id of the job whose details are shown. */
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  /** Activity of a job; undefined while unknown. */
  readonly activityOf?: (job: DocumentJob) => BoxActivity | undefined;
  /** Actions on a job. */
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
      {...(activityOf && { activityOf })}
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
  activityOf,
  actions,
  picker,
}: {
  readonly document: HierarchyDocument;
  readonly firstLevel: "jobs" | "tasks";
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  /** Activity of a job; undefined while unknown. */
  readonly activityOf?: (job: DocumentJob) => BoxActivity | undefined;
  readonly actions?: (job: DocumentJob) => ComponentChildren;
  readonly picker: ComponentChildren;
}) {
  const svg = useRef<SVGSVGElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const relations = useMemo(() => new Relations(document), [document]);
  const findings = useMemo(() => mistakesOf(document), [document]);
  const [level, setLevel] = useState(firstLevel);
  const [view, setView] = useState<"drawing" | "list">(() =>
    window.innerWidth <= NARROW ? "list" : "drawing",
  );
  const hasRows = activityOf !== undefined;
  const expansion = useMemo(
    () => new Expansion(document, level, hasRows ? activityRows : undefined),
    [document, level, hasRows],
  );
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(() =>
    view === "list" && document.jobs.length <= LISTED_WHOLE
      ? expansion.all()
      : expansion.fitting(windowSize(undefined)),
  );
  const [query, setQuery] = useState("");
  const [listed, setListed] = useState(false);
  const printing = usePrinting();
  const layout = useMemo(() => expansion.layout(expanded), [expansion, expanded]);
  const boxes = useMemo(() => new Map(layout.boxes.map((box) => [box.place, box])), [layout]);
  const [wanted, setWanted] = useState<string>();
  const current = wanted !== undefined && boxes.has(wanted) ? wanted : layout.boxes[0]?.place;
  const panZoom = usePanZoom(svg, layout, `${level} ${view}`);
  const found = useMemo(() => relations.find(query), [relations, query]);
  const matches = useMemo(
    () => (query.trim() === "" ? undefined : new Set(found.map(({ id }) => id))),
    [found, query],
  );

  /** What to show, or keep in place, after the next layout. */
  const next = useRef<{ show?: string; focus?: boolean; keep?: Box; fit?: boolean }>({});
  /** The box of a job: the one with keyboard focus, otherwise the first. */
  const boxOf = (id: string): Box | undefined => {
    const at = current === undefined ? undefined : boxes.get(current);
    return at?.job.id === id ? at : layout.boxes.find(({ job }) => job.id === id);
  };
  useLayoutEffect(() => {
    const { show, focus, keep, fit } = next.current;
    const box = show === undefined ? undefined : (boxes.get(show) ?? boxOf(show));
    next.current = {};
    const kept = keep && boxes.get(keep.place);
    if (keep !== undefined && kept !== undefined) panZoom.keep(keep, kept);
    if (fit === true) panZoom.fit();
    if (box === undefined) return;
    if (wanted !== box.place) setWanted(box.place);
    panZoom.show(box);
    if (focus === true)
      window.document.getElementById(itemId(box.place))?.focus({ preventScroll: true });
  });

  const toggle = (place: string, open = !expanded.has(place)): void => {
    const box = boxes.get(place);
    if (box !== undefined) next.current.keep = box;
    setExpanded((before) => {
      const after = new Set(before);
      if (open) after.add(place);
      else after.delete(place);
      return after;
    });
  };
  const goTo = (place: string): void => {
    next.current = { show: place, focus: true };
    setWanted(place);
  };
  /** Opens the boxes around a job and scrolls to it. */
  const goToJob = (id: string, focus = false): void => {
    const box = boxOf(id);
    next.current = { show: box?.place ?? id, focus };
    if (box !== undefined) setWanted(box.place);
    else setExpanded((before) => new Set([...before, ...expansion.above(id)]));
  };
  const choose = (id: string, place?: string): void => {
    setListed(false);
    if (place !== undefined && boxes.has(place)) setWanted(place);
    onSelect(id);
    if (place === undefined) goToJob(id);
  };
  const isThere = selected !== undefined && relations.job(selected) !== undefined;
  useEffect(() => {
    if (selected !== undefined && isThere) goToJob(selected);
  }, [selected, isThere]);
  const close = (): void => {
    // The focus moves from the details back to their job.
    if (selected !== undefined && isThere) goToJob(selected, true);
    setListed(false);
    onSelect(undefined);
  };
  const fit = (): void => {
    next.current = { fit: true };
    setExpanded(expansion.fitting(windowSize(svg.current)));
  };
  usePageKeys({
    Escape: ({ target }) => {
      if (target === search.current) setQuery("");
      else close();
    },
    "/": () => search.current?.focus(),
    "+": () => {
      panZoom.zoomBy(1.3);
    },
    "=": () => {
      panZoom.zoomBy(1.3);
    },
    "-": () => {
      panZoom.zoomBy(1 / 1.3);
    },
    "0": fit,
  });
  const onTreeKey = (event: KeyboardEvent): void => {
    const box = current === undefined ? undefined : boxes.get(current);
    if (box === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const meaning = meaningOf(event.key, box, layout.boxes);
    if (meaning === undefined) return;
    if (meaning === "select") choose(box.job.id, box.place);
    else if (meaning === "expand" || meaning === "collapse")
      toggle(box.place, meaning === "expand");
    else goTo(meaning.place);
    event.preventDefault();
    event.stopPropagation();
  };

  const job = selected === undefined ? undefined : relations.job(selected);
  const isOpen = job !== undefined || listed;
  const drawn = {
    layout,
    selected,
    current,
    matches,
    ...(activityOf && { activityOf }),
    actions: { onSelect: choose, onToggle: toggle },
  };
  return (
    <div class={`graph${isOpen ? " open" : ""}`}>
      <Toolbar
        {...{ picker, search, query, found, view, level, findings }}
        onQuery={setQuery}
        onChoose={choose}
        jobs={document.jobs.length}
        onView={setView}
        onLevel={setLevel}
        onExpandAll={() => {
          setExpanded(expansion.all());
        }}
        onCollapseAll={() => {
          setExpanded(new Set());
        }}
        onZoom={panZoom.zoomBy}
        onFit={fit}
        areListed={listed}
        onList={() => {
          onSelect(undefined);
          setListed(!listed);
        }}
      />
      {matches !== undefined && <Found found={found} onChoose={choose} />}
      {view === "list" && !printing ? (
        <JobList {...drawn} onKeyDown={onTreeKey} />
      ) : (
        <>
          <svg
            ref={svg}
            role="group"
            class="drawing"
            onKeyDown={onTreeKey}
            {...(printing && { viewBox: `0 0 ${layout.width} ${layout.height}` })}
          >
            <g {...(!printing && { transform: panZoom.transform })}>
              <Drawing {...drawn} {...(!printing && { window: panZoom.window })} />
            </g>
          </svg>
          <Legend hasStates={activityOf !== undefined} />
        </>
      )}
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

/** The size of the drawing, or its expected size before it is rendered. */
function windowSize(svg: SVGSVGElement | null | undefined): {
  readonly width: number;
  readonly height: number;
} {
  if (svg && svg.clientWidth > 0) return { width: svg.clientWidth, height: svg.clientHeight };
  return {
    width: window.innerWidth - AROUND.width,
    height: window.innerHeight - AROUND.height,
  };
}
