import { DARK, DRAWING_STYLE, LIGHT, type Palette } from "./drawing-style";

const variables = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, value]) => `--${name}: ${value};`)
    .join(" ");

/** Styles of the pages, including drawings. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; ${variables(LIGHT)} }
:root[data-theme="light"] { color-scheme: light }
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${variables(DARK)} } }
:root[data-theme="dark"] { color-scheme: dark; ${variables(DARK)} }
* { box-sizing: border-box }
html, body { height: 100%; margin: 0 }
body { display: flex; flex-direction: column; font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
header { display: flex; gap: 16px; align-items: center; padding: 8px 16px; border-bottom: 1px solid var(--rule) }
h1 { font-size: 16px; margin: 0 }
h2 a { color: inherit }
h2 { font-size: 15px; margin: 0 32px 4px 0; overflow-wrap: anywhere }
h3 { font-size: 12px; margin: 14px 0 4px; color: var(--faint); text-transform: uppercase; letter-spacing: .04em }
p { margin: 4px 0; overflow-wrap: anywhere }
ul { margin: 0; padding: 0; list-style: none }
main { flex: 1; min-height: 0; display: flex; flex-direction: column }
.faint { color: var(--faint) }
code, kbd, pre { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
kbd { border: 1px solid var(--rule); border-radius: 3px; padding: 0 4px }
button, input, select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--edge); border-radius: 6px; padding: 4px 10px; min-height: 30px }
input[type="checkbox"] { min-height: 0; vertical-align: -2px }
button:not(:disabled) { cursor: pointer }
button:hover:not(:disabled) { border-color: var(--focus) }
button[aria-pressed="true"] { background: var(--other-fill); border-color: var(--focus) }
button:disabled { color: var(--faint) }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px }
button.link { border: 0; background: none; padding: 0; min-height: 0; color: var(--focus); text-align: start; overflow-wrap: anywhere; text-decoration: underline }
.theme { margin-inline-start: auto }

.graph { position: relative; flex: 1; min-height: 0; display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr) auto }
.graph > .drawing, .joblist, .found, .legend { grid-area: 2 / 1 }
.toolbar { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; padding: 8px 16px; border-bottom: 1px solid var(--rule) }
.toolbar input[type="search"] { width: 220px }
.group { display: inline-flex; gap: 4px }
.graph > .drawing { width: 100%; height: 100%; touch-action: none; cursor: grab; display: block }
.graph > .drawing:active { cursor: grabbing }
.found { place-self: start; margin: 12px 16px; max-height: 60%; max-width: min(420px, calc(100% - 32px)); overflow: auto; background: var(--paper); border: 1px solid var(--rule); border-radius: 6px; padding: 8px 12px; z-index: 1 }
.legend { place-self: end start; margin: 12px 16px; background: var(--paper); border: 1px solid var(--rule); border-radius: 6px; padding: 6px 12px; font-size: 12px; max-width: calc(100% - 32px) }
.joblist ~ .legend { grid-area: 3 / 1 }
.legend summary { cursor: pointer }
.legend li { display: flex; gap: 8px; align-items: center }
aside { grid-area: 2 / 2 / 4; width: clamp(280px, 32vw, 420px); overflow: auto; border-left: 1px solid var(--rule); padding: 12px 16px; position: relative; background: var(--paper) }
.close { position: sticky; float: right; top: 0; padding: 0 8px }
.badge { display: inline-block; border: 1px solid var(--edge); border-radius: 10px; padding: 0 10px; font-size: 12px; background: var(--other-fill) }
.links { display: inline-flex; flex-wrap: wrap; gap: 2px 10px }
.tasks li { padding: 4px 0 }
.tasks li > code { display: block }
.findings li { display: flex; flex-direction: column; padding: 4px 0 4px 8px; border-left: 3px solid var(--warning); margin: 4px 0; overflow-wrap: anywhere }
.findings li.error { border-color: var(--error) }
.findings li.error strong { color: var(--error) }
.findings li:not(.error) strong { color: var(--warning) }
.values { border-collapse: collapse; width: 100%; table-layout: fixed }
.values th, .values td { text-align: start; vertical-align: top; padding: 2px 8px 2px 0; font-weight: 400; overflow-wrap: anywhere }
.values th { color: var(--faint); width: 40% }
.message { margin: auto; padding: 24px; max-width: 60ch; text-align: center }

header nav { display: flex; gap: 12px }
header nav a { color: inherit; padding: 4px 2px; text-decoration: none; border-bottom: 2px solid transparent }
header nav a[aria-current] { border-color: var(--focus); font-weight: 600 }
a.button { display: inline-flex; align-items: center; border: 1px solid var(--rule); border-radius: 6px; padding: 4px 10px; min-height: 30px; color: inherit; text-decoration: none }
.problem { margin: 0; padding: 8px 16px; border-bottom: 1px solid var(--error); color: var(--error) }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
.runs { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(260px, 340px) minmax(0, 1fr) }
.runs > nav { display: flex; flex-direction: column; min-height: 0; border-right: 1px solid var(--rule) }
.runs > nav > p { padding: 4px 16px }
.rows { position: relative; overflow: auto; flex: 1; min-height: 0 }
.item { position: absolute; inset-inline: 0; height: 52px }
.item button { display: flex; flex-direction: column; width: 100%; height: 100%; border: 0; border-bottom: 1px solid var(--rule); border-radius: 0; text-align: start; padding: 4px 16px; justify-content: center }
.item button[aria-current="true"] { background: var(--other-fill); box-shadow: inset 3px 0 var(--focus) }
.item button:focus-visible, .row button:focus-visible { outline-offset: -2px }
.item span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 100% }
.item .faint { font-size: 12px }
.joblist .item { display: flex; gap: 6px; align-items: center; height: 48px; padding-inline-end: 16px; border-bottom: 1px solid var(--rule); cursor: pointer }
.joblist .item.selected { background: var(--other-fill); box-shadow: inset 3px 0 var(--focus) }
.joblist .item.far { opacity: 0.5 }
.joblist .item:focus-visible { outline-offset: -2px }
.joblist .toggle { width: 28px; line-height: 40px; text-align: center; flex: none }
.joblist .text { flex: 1; min-width: 0; display: flex; flex-direction: column }
.joblist .key { font-weight: 600 }
.joblist .mark.error { color: var(--error) }
.joblist .mark.warning { color: var(--warning) }
.joblist svg { flex: none }
.joblist .faint svg { margin-inline-end: 6px; vertical-align: baseline }
.facts { display: flex; gap: 10px }
.facts > .run-state { flex: none }
.filters { display: flex; flex-wrap: wrap; gap: 6px; padding: 4px 16px }
.filters > select { flex: 1 1 0 }
.filters > input { min-width: 0; flex: 1 1 100% }
.headline { color: var(--error); font-weight: 600 }
.history { display: flex; gap: 3px; align-items: flex-end; list-style: none; margin: 8px 0; padding: 0; height: 32px }
.history a { display: flex; align-items: flex-end; height: 32px; width: 14px }
.history .bar { position: static; display: block; width: 100% }
.run { display: flex; flex-direction: column; min-height: 0 }
.alerts { overflow: auto; padding: 8px 16px }
.alerts table { border-collapse: collapse; width: 100% }
.alerts th, .alerts td { text-align: start; vertical-align: top; padding: 4px 16px 4px 0; border-bottom: 1px solid var(--rule); overflow-wrap: anywhere }
.alerts th { color: var(--faint); font-weight: 400 }
.alerts td:first-child { white-space: nowrap }
.run-head { padding: 8px 16px }
.run-state { white-space: nowrap; font-weight: 600; font-size: 12px }
.run-state.good { color: var(--good) }
.run-state.bad { color: var(--error) }
.run-state.active { color: var(--active) }
.run-state.waiting, .run-state.skipped { color: var(--faint) }
.timeline { flex: 1 1 50%; min-height: 120px; display: flex; flex-direction: column; border-top: 1px solid var(--rule); overflow: hidden }
.row { display: grid; grid-template-columns: minmax(140px, 2fr) 120px 90px minmax(80px, 3fr); gap: 8px; align-items: center; height: 30px; padding: 0 16px }
.rows .row { position: absolute; inset-inline: 0 }
.row > span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.row.head { border-bottom: 1px solid var(--rule); font-size: 12px; color: var(--faint) }
.row.selected { background: var(--other-fill) }
.row .lane { position: relative; height: 100%; overflow: hidden }
.tick { position: absolute; top: 7px; border-left: 1px solid var(--rule); padding-left: 3px }
.bar { position: absolute; top: 8px; height: 14px; border-radius: 3px; background: var(--edge) }
.bar.good { background: var(--good) }
.bar.bad { background: repeating-linear-gradient(45deg, var(--error) 0 6px, var(--paper) 6px 8px) }
.bar.active { background: var(--active) }
.task { flex: 1 1 50%; min-height: 0; overflow: auto; padding: 0 16px 12px; border-top: 1px solid var(--rule) }
pre { white-space: pre-wrap; margin: 0; padding: 8px; border: 1px solid var(--rule); border-radius: 6px; max-height: 320px; overflow: auto }
pre.error { border-color: var(--error) }

${DRAWING_STYLE}
.drawing [role="treeitem"] { cursor: pointer; outline: none }
.drawing [role="treeitem"]:focus-visible .box, .drawing .selected .box { stroke: var(--focus); stroke-width: 3.5 }
.drawing .toggle circle { fill: var(--paper); stroke: var(--faint); stroke-width: 1.5 }
.drawing .toggle path { stroke: var(--ink); stroke-width: 1.8; fill: none }
.drawing .toggle:hover circle { stroke: var(--focus); stroke-width: 2.5 }

@media (max-width: 720px) {
  .graph { grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr) }
  aside { grid-area: 3 / 1; width: auto; max-height: 55vh; border-left: 0; border-top: 1px solid var(--rule) }
  .graph.open .legend, p.keys { display: none }
  .toolbar input[type="search"] { width: 100% }
  .runs { grid-template: minmax(120px, 30%) minmax(0, 1fr) / minmax(0, 1fr) }
  .runs > nav { border-right: 0; border-bottom: 1px solid var(--rule) }
  .row { grid-template-columns: minmax(110px, 2fr) 88px minmax(60px, 1fr) }
  .row > :nth-child(3) { display: none }
  header h1 { position: absolute; clip-path: inset(50%) }
}
@media print {
  :root:root, :root:root[data-theme] { color-scheme: light; ${variables(LIGHT)} }
  html, body { height: auto }
  .toolbar, .theme, .close, .found, .toggle, .keys { display: none }
  .graph, main { display: block }
  .graph > .drawing { height: auto }
  .legend { border: 0 }
  aside { width: auto; border: 0 }
}
`.trim();
