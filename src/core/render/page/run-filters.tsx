import { useState } from "preact/hooks";
import type { PageRun } from "../../model/workspace-page";
import { classOf } from "./run-state";

/** Which runs of a list are shown. */
export interface RunFilters {
  readonly state: "" | "failed" | "active" | "succeeded";
  /** A part of the name of the job, in any case. */
  readonly job: string;
  /** Maximum age in milliseconds; 0 for any. */
  readonly since: number;
}

const NONE: RunFilters = { state: "", job: "", since: 0 };

const HOUR = 3_600_000;
const SINCE: readonly (readonly [number, string])[] = [
  [0, "any time"],
  [HOUR, "last hour"],
  [24 * HOUR, "last day"],
  [7 * 24 * HOUR, "last week"],
];

const CLASSES: Readonly<Record<string, readonly string[]>> = {
  failed: ["bad"],
  active: ["active", "waiting"],
  succeeded: ["good"],
};

/** The runs that a reader wants to see. */
export function filtered(
  runs: readonly PageRun[],
  { state, job, since }: RunFilters,
  now: number,
): readonly PageRun[] {
  const wanted = job.trim().toLowerCase();
  const classes = CLASSES[state];
  if (wanted === "" && classes === undefined && since === 0) return runs;
  return runs.filter(
    (run) =>
      (classes === undefined || classes.includes(classOf(run))) &&
      (since === 0 || run.start_time >= now - since) &&
      run.name.toLowerCase().includes(wanted),
  );
}

export function useFilters(): [RunFilters, (change: Partial<RunFilters>) => void] {
  const [filters, set] = useState(NONE);
  return [
    filters,
    (change) => {
      set((before) => ({ ...before, ...change }));
    },
  ];
}

export function FilterBar({
  filters,
  onChange,
}: {
  readonly filters: RunFilters;
  readonly onChange: (change: Partial<RunFilters>) => void;
}) {
  return (
    <div class="filters" role="group" aria-label="Filters">
      <select
        aria-label="State"
        value={filters.state}
        onChange={({ currentTarget: { value } }) => {
          onChange({ state: value as RunFilters["state"] });
        }}
      >
        <option value="">any state</option>
        <option value="failed">failed</option>
        <option value="active">under way</option>
        <option value="succeeded">succeeded</option>
      </select>
      <select
        aria-label="Started"
        value={filters.since}
        onChange={({ currentTarget: { value } }) => {
          onChange({ since: Number(value) });
        }}
      >
        {SINCE.map(([since, words]) => (
          <option key={since} value={since}>
            {words}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label="Job"
        placeholder="Job"
        value={filters.job}
        onInput={({ currentTarget: { value } }) => {
          onChange({ job: value });
        }}
      />
    </div>
  );
}
