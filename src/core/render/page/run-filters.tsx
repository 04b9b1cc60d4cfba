import { useEffect, useState } from "preact/hooks";
import type { RunConditions, RunOutcome } from "../../model/run-filter";

const HOUR = 3_600_000;
const SINCE: readonly (readonly [number, string])[] = [
  [0, "any time"],
  [HOUR, "last hour"],
  [24 * HOUR, "last day"],
  [7 * 24 * HOUR, "last week"],
];

const OUTCOMES: readonly (readonly [RunOutcome, string])[] = [
  ["failed", "failed"],
  ["active", "under way"],
  ["succeeded", "succeeded"],
  ["skipped", "did not run"],
];

/** Delay after typing before searching for a name; milliseconds. */
const TYPED = 250;

/** The user's conditions for listed runs. */
export interface RunFilters {
  readonly conditions: RunConditions;
  readonly set: (conditions: RunConditions) => void;
}

export function useFilters(): RunFilters {
  const [conditions, set] = useState<RunConditions>({});
  return { conditions, set };
}

/** @param now the workspace's time */
export function FilterBar({
  filters: { conditions, set },
  now,
}: {
  readonly filters: RunFilters;
  readonly now: number;
}) {
  const [age, setAge] = useState(0);
  const [name, setName] = useState(conditions.name ?? "");
  const change = (key: keyof RunConditions, value: string | number | undefined): void => {
    const { [key]: _, ...others } = conditions;
    set(value === undefined ? others : { ...others, [key]: value });
  };
  useEffect(() => {
    const wanted = name.trim() === "" ? undefined : name.trim();
    if (wanted === conditions.name) return undefined;
    const timer = setTimeout(() => {
      change("name", wanted);
    }, TYPED);
    return () => {
      clearTimeout(timer);
    };
  }, [name, conditions]);
  return (
    <div class="filters" role="group" aria-label="Filters">
      <select
        aria-label="State"
        value={conditions.outcome ?? ""}
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
        value={age}
        onChange={({ currentTarget: { value } }) => {
          setAge(Number(value));
          change("since", value === "0" ? undefined : now - Number(value));
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
        value={name}
        onInput={({ currentTarget: { value } }) => {
          setName(value);
        }}
      />
    </div>
  );
}
