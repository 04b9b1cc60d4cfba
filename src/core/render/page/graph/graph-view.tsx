import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { printable } from "../../../model/text";
import type { DocumentJob, HierarchyDocument } from "../../document";
import { activityRows } from "../box-activity";
import { type BoxActivity, Drawing } from "../drawing";
import { Legend } from "../legend";
import { mistakesOf } from "../mistakes";
import type { PanZoom } from "../pan-zoom";
import { Relations } from "../relations";
import { Expansion } from "./expansion";
import { JobList } from "./job-list";
import { usePageKeys } from "./keys";
import { usePrinting } from "./printing";
import { SidePanel } from "./side-panel";
import { Found, Toolbar } from "./toolbar";
import { type Boxes, useBoxes, windowSize } from "./use-boxes";

/** Maximum width at which a list is shown first; pixels. */
const NARROW = 720;
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
  const findings = useMemo(() => mistakesOf(document.jobs), [document]);
  const [level, setLevel] = useState(firstLevel);
  const [view, setView] = useState<"drawing" | "list">(() =>
    window.innerWidth <= NARROW ? "list" : "drawing",
  );
  const [query, setQuery] = useState("");
  const [listed, setListed] = useState(false);
  const hasRows = activityOf !== undefined;
  const expansion = useMemo(
    () => new Expansion(document, level, hasRows ? activityRows : undefined),
    [document, level, hasRows],
  );
  const isWhole = view === "list" && document.jobs.length <= LISTED_WHOLE;
  const boxes = useBoxes(
    svg,
    expansion,
    () => (isWhole ? expansion.all() : expansion.fitting(windowSize())),
    `${level} ${view}`,
  );
  const found = useMemo(() => relations.find(query), [relations, query]);
  const matches = useMemo(
    () => (query.trim() === "" ? undefined : new Set(found.map(({ id }) => id))),
    [found, query],
  );

  const choose = (id: string, place?: string): void => {
    setListed(false);
    if (place !== undefined && boxes.has(place)) boxes.focus(place);
    onSelect(id);
    if (place === undefined) boxes.goToJob(id);
  };
  const job = selected === undefined ? undefined : relations.job(selected);
  const isThere = job !== undefined;
  useEffect(() => {
    if (selected !== undefined && isThere) boxes.goToJob(selected);
  }, [selected, isThere]);
  const close = (): void => {
    // The focus moves from the details back to their job.
    if (selected !== undefined && isThere) boxes.goToJob(selected, true);
    setListed(false);
    onSelect(undefined);
  };
  useHierarchyKeys(boxes, search, setQuery, close);

  const { layout, panZoom } = boxes;
  const isOpen = isThere || listed;
  const drawn = {
    layout,
    selected,
    current: boxes.current,
    matches,
    ...(activityOf && { activityOf }),
    actions: { onSelect: choose, onToggle: boxes.toggle },
    onKeyDown: (event: KeyboardEvent) => {
      boxes.onKey(event, (box) => {
        choose(box.job.id, box.place);
      });
    },
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
        onExpandAll={boxes.expandAll}
        onCollapseAll={boxes.collapseAll}
        onZoom={panZoom.zoomBy}
        onFit={boxes.fit}
        areListed={listed}
        onList={() => {
          onSelect(undefined);
          setListed(!listed);
        }}
      />
      {matches !== undefined && <Found found={found} onChoose={choose} />}
      <Canvas {...drawn} svg={svg} panZoom={panZoom} isList={view === "list"} />
      {isOpen && (
        <SidePanel {...{ job, findings, relations, actions }} onChoose={choose} onClose={close} />
      )}
    </div>
  );
}

/** The keys that work anywhere on the page. */
function useHierarchyKeys(
  { panZoom, fit }: Boxes,
  search: RefObject<HTMLInputElement>,
  setQuery: (query: string) => void,
  close: () => void,
): void {
  const zoomIn = (): void => {
    panZoom.zoomBy(1.3);
  };
  usePageKeys({
    Escape: ({ target }) => {
      if (target === search.current) setQuery("");
      else close();
    },
    "/": () => search.current?.focus(),
    "+": zoomIn,
    "=": zoomIn,
    "-": () => {
      panZoom.zoomBy(1 / 1.3);
    },
    "0": fit,
  });
}

/** The jobs as a list or as a drawing. They are always printed as a drawing. */
function Canvas({
  svg,
  panZoom,
  isList,
  onKeyDown,
  ...drawn
}: Parameters<typeof JobList>[0] & {
  readonly svg: RefObject<SVGSVGElement>;
  readonly panZoom: PanZoom;
  readonly isList: boolean;
}) {
  const printing = usePrinting();
  const { width, height } = drawn.layout;
  const asList = isList && !printing;
  const legend = <Legend hasStates={drawn.activityOf !== undefined} isList={asList} />;
  if (asList) {
    return (
      <>
        <JobList {...drawn} onKeyDown={onKeyDown} />
        {legend}
      </>
    );
  }
  return (
    <>
      <svg
        ref={svg}
        role="group"
        class="drawing"
        onKeyDown={onKeyDown}
        {...(printing && { viewBox: `0 0 ${width} ${height}` })}
      >
        <g {...(!printing && { transform: panZoom.transform })}>
          <Drawing {...drawn} {...(!printing && { window: panZoom.window })} />
        </g>
      </svg>
      {legend}
    </>
  );
}
