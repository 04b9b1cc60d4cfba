import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RunConditions, RunOutcome } from "../../model/run-filter";
import { type Age, AGES, type RunChoice } from "./place";

const SINCE: readonly (readonly [Age, string])[] = [
  ["hour", "last hour"],
  ["day", "last day"],
  ["week", "last week"],
];

const OUTCOMES: readonly (readonly [RunOutcome, string])[] = [
  ["failed", "failed"],
  ["active", "under way"],
  ["succeeded", "succeeded"],
  ["skipped", "did not run"],
];

/** Delay after typing before searching for a name; milliseconds. */
const TYPED = 250;

/** The user's filters of runs. */
export interface RunFilters {
  readonly choice: RunChoice;
  /** The choice, with an age as a time. */
  readonly conditions: RunConditions;
  readonly set: (choice: RunChoice) => void;
}

/** @param ahead how far the workspace's clock is ahead of the browser's; milliseconds */
export function useFilters(
  choice: RunChoice,
  ahead: number,
  set: (choice: RunChoice) => void,
): RunFilters {
  const { outcome, age, name } = choice;
  const conditions = useMemo(
    (): RunConditions => ({
      ...(outcome !== undefined && { outcome }),
      ...(name !== undefined && { name }),
      ...(age !== undefined && { since: Date.now() + ahead - AGES[age] }),
    }),
    [outcome, name, age, age === undefined ? 0 : ahead],
  );
  return { choice, conditions, set };
}

export function FilterBar({ filters: { choice, set } }: { readonly filters: RunFilters }) {
  const [name, setName] = useState(choice.name ?? "");
  const chosen = useRef(choice.name);
  const change = (key: keyof RunChoice, value: string | undefined): void => {
    const { [key]: _, ...others } = choice;
    set(value === undefined ? others : { ...others, [key]: value });
  };
  useEffect(() => {
    // The name may also change with the URL.
    if (choice.name !== chosen.current) setName(choice.name ?? "");
    chosen.current = choice.name;
  }, [choice.name]);
  useEffect(() => {
    const wanted = name.trim() === "" ? undefined : name.trim();
    if (wanted === choice.name) return undefined;
    const timer = setTimeout(() => {
      chosen.current = wanted;
      change("name", wanted);
    }, TYPED);
    return () => {
      clearTimeout(timer);
    };
  }, [name, choice]);
  return (
    <div class="filters" role="group" aria-label="Filters">
      <select
        aria-label="State"
        value={choice.outcome ?? ""}
        onChange={({ currentTarget: { value } }) => {
          change("outcome", value === "" ? undefined : value);
        }}
      >
        <option value="">any state</option>
        {OUTCOMES.map(([outcome, words]) => (
          <option key={outcome} value={outcome}>
            {words}
          </option>
        ))}
      </select>
      <select
        aria-label="Started"
        value={choice.age ?? ""}
        onChange={({ currentTarget: { value } }) => {
          change("age", value === "" ? undefined : value);
        }}
      >
        <option value="">any time</option>
        {SINCE.map(([age, words]) => (
          <option key={age} value={age}>
            {words}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label="Job"
        placeholder="Job"
        value={name}
        onInput={({ currentTarget: { value } }) => {
          setName(value);
        }}
      />
    </div>
  );
}
