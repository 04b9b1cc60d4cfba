/** Sets of rules, from errors to good practice. */
export const PRESETS = ["correctness", "spec", "governance"] as const;
/**
 * A named set of rules. `correctness`: jobs that fail during deployment or a run, or behave differently than written.
 * `spec`: the hierarchy. `governance`: good practice.
 */
export type Preset = (typeof PRESETS)[number];

/** Presets by legacy name. */
export const PRESET_ALIASES = {
  limits: ["correctness"],
  recommended: ["correctness", "governance"],
} as const satisfies Readonly<Record<string, readonly Preset[]>>;

/** Every name that the configuration and the command line accept. */
export const PRESET_NAMES = [
  ...PRESETS,
  ...(Object.keys(PRESET_ALIASES) as (keyof typeof PRESET_ALIASES)[]),
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** The presets that apply without configuration. */
export const DEFAULT_PRESETS: readonly Preset[] = ["correctness", "spec"];

/** Resolves names, including legacy names, to presets without duplicates. */
export function expandPresets(names: readonly PresetName[]): Preset[] {
  const found = names.flatMap((name): readonly Preset[] =>
    name in PRESET_ALIASES ? PRESET_ALIASES[name as keyof typeof PRESET_ALIASES] : [name as Preset],
  );
  return [...new Set(found)];
}
