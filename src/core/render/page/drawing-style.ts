/** Colours by purpose. Each is readable on the colours behind it. */
export type Palette = Readonly<Record<string, string>>;

export const LIGHT: Palette = {
  paper: "#ffffff",
  ink: "#1c1e21",
  faint: "#55595f",
  rule: "#c9ccd1",
  edge: "#7d838b",
  focus: "#0b57d0",
  "orchestrator-fill": "#e9ebee",
  "composite-fill": "#f4f5f7",
  "atomic-fill": "#ffffff",
  "other-fill": "#f2f3f4",
  arrow: "#4a5560",
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
  edge: "#80868f",
  focus: "#8ab4f8",
  "orchestrator-fill": "#2b2f35",
  "composite-fill": "#212429",
  "atomic-fill": "#16181b",
  "other-fill": "#26292d",
  arrow: "#aab3bd",
  error: "#ff8a80",
  warning: "#f5b95f",
  good: "#8fd498",
  active: "#8ab4f8",
};

const LEVELS = ["orchestrator", "composite", "atomic", "other"];

/** Styles of drawings. Levels have neutral fills and a label. Colour shows state, always together with a mark. */
export const DRAWING_STYLE = `
.drawing text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink) }
.drawing .key { font-weight: 600 }
.drawing .what { fill: var(--faint); font-size: 11px }
.drawing .when { font-style: italic }
.drawing .label { font-size: 11px; font-weight: 600; paint-order: stroke; stroke: var(--paper); stroke-width: 3px }
.drawing .mark { text-anchor: end; font-weight: 700 }
.drawing .mark.error { fill: var(--error) }
.drawing .mark.warning { fill: var(--warning) }
.drawing .box, .drawing .stack { stroke: var(--edge); stroke-width: 1.2 }
${LEVELS.map(
  (level) =>
    `.drawing .${level} > .box, .drawing .${level} > .stack { fill: var(--${level}-fill) }`,
).join("\n")}
.drawing .task .box { fill: var(--paper); stroke-dasharray: 3 3 }
.drawing .frame { fill: none; stroke: var(--edge); stroke-width: 1; stroke-dasharray: 1 3; stroke-linecap: round }
.drawing .job.warning > .box { stroke: var(--warning); stroke-width: 2 }
.drawing .job.error > .box { stroke: var(--error); stroke-width: 2.5 }
.drawing .line { fill: none; stroke: var(--arrow); stroke-width: 1.5 }
.drawing .line.near { stroke-width: 3 }
.drawing .head { fill: var(--arrow) }
.drawing .far { opacity: 0.25 }
.drawing .expanded.far { opacity: 0.6 }
.drawing .good { fill: var(--good) }
.drawing .bad { stroke: var(--error); stroke-width: 2.5 }
.drawing .active { fill: none; stroke: var(--active); stroke-width: 3 }
.drawing .bars .good { fill: var(--good) }
.drawing .bars .bad { fill: var(--paper); stroke: var(--error); stroke-width: 1.5 }
.drawing .bars .active, .drawing .bars .waiting { fill: var(--active); stroke: none }
.drawing .bars .skipped { fill: var(--edge) }
`.trim();

/** {@link DRAWING_STYLE} without CSS variables, for programs that do not support them. */
export function plainDrawingStyle(): string {
  const inColours = (palette: Palette): string =>
    `.drawing { background: var(--paper) }\n${DRAWING_STYLE}`.replace(
      /var\(--([a-z-]+)\)/g,
      (_, name: string) => palette[name] ?? "",
    );
  return `${inColours(LIGHT)}\n@media (prefers-color-scheme: dark) {\n${inColours(DARK)}\n}`;
}
