/** Sets of rules, from what breaks to taste. */
export const PRESETS = ["correctness", "spec", "governance"] as const;
/**
 * A named set of rules: what fails when it is deployed or run, or does something else than it says; the law of the
 * hierarchy; taste.
 */
export type Preset = (typeof PRESETS)[number];

/** Older names of presets, and what they stand for. */
export const PRESET_ALIASES = {
  limits: ["correctness"],
  recommended: ["correctness", "governance"],
} as const satisfies Readonly<Record<string, readonly Preset[]>>;

/** Every name that the configuration and the command line take. */
export const PRESET_NAMES = [
  ...PRESETS,
  ...(Object.keys(PRESET_ALIASES) as (keyof typeof PRESET_ALIASES)[]),
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** The presets that apply without configuration. */
export const DEFAULT_PRESETS: readonly Preset[] = ["correctness", "spec"];

/** The presets that names, older ones included, stand for; each once. */
export function expandPresets(names: readonly PresetName[]): Preset[] {
  const found = names.flatMap((name): readonly Preset[] =>
    name in PRESET_ALIASES ? PRESET_ALIASES[name as keyof typeof PRESET_ALIASES] : [name as Preset],
  );
  return [...new Set(found)];
}
