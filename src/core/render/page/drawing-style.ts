/** Colours by what they are for. Each can be read on the others that it stands on. */
export type Palette = Readonly<Record<string, string>>;

export const LIGHT: Palette = {
  paper: "#ffffff",
  ink: "#1c1e21",
  faint: "#55595f",
  rule: "#c9ccd1",
  focus: "#0b57d0",
  orchestrator: "#6a3fb5",
  "orchestrator-fill": "#f3eefb",
  composite: "#1560b0",
  "composite-fill": "#eaf3fc",
  atomic: "#2c7a35",
  "atomic-fill": "#edf7ee",
  other: "#666a70",
  "other-fill": "#f2f3f4",
  run: "#4a5560",
  wait: "#a35a00",
  error: "#b3261e",
  warning: "#8a5300",
  good: "#2c7a35",
  active: "#0b57d0",
};

export const DARK: Palette = {
  paper: "#16181b",
  ink: "#eceef1",
  faint: "#b0b5bc",
  rule: "#454a51",
  focus: "#8ab4f8",
  orchestrator: "#c3a6f5",
  "orchestrator-fill": "#2b2340",
  composite: "#86bdf5",
  "composite-fill": "#152a3e",
  atomic: "#8fd498",
  "atomic-fill": "#16301b",
  other: "#a9aeb5",
  "other-fill": "#26292d",
  run: "#aab3bd",
  wait: "#f0ac4e",
  error: "#ff8a80",
  warning: "#f5b95f",
  good: "#8fd498",
  active: "#8ab4f8",
};

const LEVELS = ["orchestrator", "composite", "atomic", "other"];

/** How drawings look. Colour never says alone what a word, a dash or a mark says too. */
export const DRAWING_STYLE = `
.drawing text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink) }
.drawing .key { font-weight: 600 }
.drawing .what { fill: var(--faint); font-size: 11px }
.drawing .when { fill: var(--wait); font-size: 11px }
.drawing .label { text-anchor: end; font-size: 10px; fill: var(--run) }
.drawing .label.depends_on { fill: var(--wait) }
.drawing .task { font-size: 11px; white-space: pre }
.drawing .mark { text-anchor: end; font-weight: 700 }
.drawing .mark.error { fill: var(--error) }
.drawing .mark.warning { fill: var(--warning) }
.drawing .box, .drawing .stack { stroke-width: 1.5 }
.drawing .rule { stroke: var(--rule); fill: none }
${LEVELS.map(
  (level) =>
    `.drawing .${level} > .box, .drawing .${level} > .stack { fill: var(--${level}-fill); stroke: var(--${level}) }`,
).join("\n")}
.drawing .job.warning .box { stroke: var(--warning); stroke-width: 2.5 }
.drawing .job.error .box { stroke: var(--error); stroke-width: 3 }
.drawing .line { fill: none; stroke-width: 1.5 }
.drawing .line.run_job { stroke: var(--run) }
.drawing .line.depends_on { stroke: var(--wait); stroke-dasharray: 5 4 }
.drawing .line.near { stroke-width: 3 }
.drawing .head.run_job { fill: var(--run) }
.drawing .head.depends_on { fill: none; stroke: var(--wait); stroke-width: 1.8 }
.drawing .far { opacity: 0.25 }
.drawing .good { fill: var(--good) }
.drawing .bad { stroke: var(--error); stroke-width: 2.5 }
.drawing .active { fill: none; stroke: var(--active); stroke-width: 3 }
`.trim();

/** {@link DRAWING_STYLE} for a file that is to be read by programs which know no variables of CSS, too. */
export function plainDrawingStyle(): string {
  const inColours = (palette: Palette): string =>
    `.drawing { background: var(--paper) }\n${DRAWING_STYLE}`.replace(
      /var\(--([a-z-]+)\)/g,
      (_, name: string) => palette[name] ?? "",
    );
  return `${inColours(LIGHT)}\n@media (prefers-color-scheme: dark) {\n${inColours(DARK)}\n}`;
}
