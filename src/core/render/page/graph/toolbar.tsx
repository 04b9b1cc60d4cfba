import type { ComponentChildren, RefObject } from "preact";
import { printable } from "../../../model/text";
import type { DocumentJob } from "../../document";
import type { Mistake } from "../mistakes";
import { countOf } from "./findings-list";

const MAX_FOUND = 50;

/** Controls above a drawing. */
export interface ToolbarProps {
  readonly picker: ComponentChildren;
  readonly search: RefObject<HTMLInputElement>;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly found: readonly DocumentJob[];
  readonly onChoose: (id: string) => void;
  readonly jobs: number;
  readonly view: "drawing" | "list";
  readonly onView: (view: "drawing" | "list") => void;
  readonly level: "jobs" | "tasks";
  readonly onLevel: (level: "jobs" | "tasks") => void;
  readonly onExpandAll: () => void;
  readonly onCollapseAll: () => void;
  readonly onZoom: (factor: number) => void;
  readonly onFit: () => void;
  readonly findings: readonly Mistake[];
  readonly areListed: boolean;
  readonly onList: () => void;
}

export function Toolbar(props: ToolbarProps) {
  const { search, query, found, jobs, view, level, findings } = props;
  return (
    <div class="toolbar" role="toolbar" aria-label="Drawing">
      {props.picker}
      <input
        ref={search}
        type="search"
        value={query}
        placeholder="Search ( / )"
        aria-label="Search for jobs, tasks, notebooks and tags"
        onInput={(event) => {
          props.onQuery(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          const [first] = found;
          if (event.key === "Enter" && first !== undefined) props.onChoose(first.id);
        }}
      />
      <button
        type="button"
        aria-pressed={view === "list"}
        onClick={() => {
          props.onView(view === "list" ? "drawing" : "list");
        }}
      >
        List
      </button>
      <label>
        <input
          type="checkbox"
          checked={level === "tasks"}
          onChange={(event) => {
            props.onLevel(event.currentTarget.checked ? "tasks" : "jobs");
          }}
        />{" "}
        Tasks
      </label>
      <span class="group">
        <button type="button" onClick={props.onExpandAll}>
          Expand all
        </button>
        <button type="button" onClick={props.onCollapseAll}>
          Collapse all
        </button>
      </span>
      {view === "drawing" && <Zoom {...props} />}
      <button type="button" aria-pressed={props.areListed} onClick={props.onList}>
        {countOf(findings)}
      </button>
      <span class="faint" role="status">
        {query.trim() === ""
          ? `${jobs} ${jobs === 1 ? "job" : "jobs"}`
          : `${found.length} of ${jobs} jobs`}
      </span>
    </div>
  );
}

function Zoom({ onZoom, onFit }: Pick<ToolbarProps, "onZoom" | "onFit">) {
  return (
    <span class="group">
      <button
        type="button"
        aria-label="Zoom out"
        onClick={() => {
          onZoom(1 / 1.3);
        }}
      >
        −
      </button>
      <button
        type="button"
        aria-label="Zoom in"
        onClick={() => {
          onZoom(1.3);
        }}
      >
        +
      </button>
      <button type="button" title="Closes boxes until the text can be read" onClick={onFit}>
        Fit
      </button>
    </span>
  );
}

/** Search results. */
export function Found({ found, onChoose }: Pick<ToolbarProps, "found" | "onChoose">) {
  return (
    <ul class="found" aria-label="Jobs found">
      {found.slice(0, MAX_FOUND).map((each) => (
        <li key={each.id}>
          <button
            type="button"
            class="link"
            onClick={() => {
              onChoose(each.id);
            }}
          >
            {printable(each.key.slice(0, 200))}
          </button>
        </li>
      ))}
      {found.length > MAX_FOUND && <li class="faint">… {found.length - MAX_FOUND} more</li>}
    </ul>
  );
}
