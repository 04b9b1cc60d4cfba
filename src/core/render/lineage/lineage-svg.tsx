import { renderToString } from "preact-render-to-string";
import { compare } from "../../model/collections";
import { printable } from "../../model/text";
import { Arrowhead } from "../page/drawing";
import { plainDrawingStyle } from "../page/drawing-style";
import { arrange } from "../page/layout/arrange";
import { cut, widthOf } from "../page/layout/box-text";
import type { Wait } from "../page/layout/layers";
import type { Rect } from "../page/layout/pack";
import { contentHash } from "../page-files";
import type { LineageDocument } from "./lineage-document";

const PADDING = 18;
const HEIGHT = 40;
/** Distance from the top of a box to its arrows. */
const PORT = HEIGHT / 2;
const ASPECT = 1.6;

interface Node {
  readonly name: string;
  readonly kind: "job" | "table" | "path";
}

/**
 * Jobs and tables as a self-contained SVG file. Arrows lead from tables that a job reads to the job, and to tables that
 * it writes.
 */
export function lineageSvg(document: LineageDocument): string {
  return renderToString(<LineageDrawing document={document} style={plainDrawingStyle()} />);
}

/** The drawing as an HTML file without scripts, followed by unknown tables. */
export function lineageHtml(document: LineageDocument): string {
  const style = `${plainDrawingStyle()}\nbody { font: 14px system-ui, sans-serif; margin: 1rem } svg { max-width: 100%; height: auto }`;
  const title = titleOf(document);
  const policy = `default-src 'none'; style-src ${contentHash(style)}; base-uri 'none'; form-action 'none'`;
  const body = renderToString(
    <main>
      <h1>{title}</h1>
      <LineageDrawing document={document} />
      <Unknown document={document} />
    </main>,
  );
  const head = renderToString(<title>{title}</title>);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
${head}
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

const titleOf = ({ environment }: LineageDocument): string => `Tables of ${printable(environment)}`;

function LineageDrawing({
  document,
  style,
}: {
  readonly document: LineageDocument;
  /** Styles of a standalone file. */
  readonly style?: string;
}) {
  const { nodes, waits } = nodesOf(document);
  const items = nodes.map(({ name }) => ({
    width: widthOf([cut(printable(name))]),
    height: HEIGHT,
    isLeaf: true,
  }));
  const { items: places, routes, width, height } = arrange(items, waits, PORT, ASPECT);
  const [across, down] = [width + 2 * PADDING, height + 2 * PADDING];
  const title = titleOf(document);
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      class="drawing"
      viewBox={`0 0 ${across} ${down}`}
      width={across}
      height={down}
      role="img"
      aria-label={`${title}. Arrows lead from the tables that a job reads to the job, and from it to the tables that it writes.`}
    >
      <title>{title}</title>
      {style !== undefined && <style>{style}</style>}
      <Arrowhead />
      <g transform={`translate(${PADDING} ${PADDING})`}>
        {routes.map(({ points }) => (
          <path class="line" d={`M${points.join("L")}`} marker-end="url(#arrowhead)" />
        ))}
        {nodes.map((node, at) => {
          const place = places[at];
          return place === undefined ? null : <Box node={node} place={place} />;
        })}
      </g>
    </svg>
  );
}

function Box({ node: { name, kind }, place }: { readonly node: Node; readonly place: Rect }) {
  const { x, y, width, height } = place;
  return (
    <g class={kind === "job" ? "composite" : "atomic"} transform={`translate(${x} ${y})`}>
      <title>{`${kind} ${printable(name)}`}</title>
      {/* Tables are round. */}
      <rect class="box" width={width} height={height} rx={kind === "job" ? 2 : height / 2} />
      <text class={kind === "job" ? "key" : undefined} x={12} y={PORT + 4}>
        {cut(printable(name))}
      </text>
    </g>
  );
}

function Unknown({ document: { unknown, problems } }: { readonly document: LineageDocument }) {
  const lines = [
    ...unknown.map(({ job, task, mode, name }) => `${job}, task ${task}: ${mode}s ${name}`),
    ...problems.map(({ message, at }) => `${at.file}: ${message}`),
  ];
  if (lines.length === 0) return null;
  return (
    <section>
      <h2>Not known</h2>
      <ul>
        {lines.map((line) => (
          <li>{printable(line)}</li>
        ))}
      </ul>
    </section>
  );
}

/** The distinct jobs, tables and arrows. */
function nodesOf({ tables, edges }: LineageDocument): {
  readonly nodes: readonly Node[];
  readonly waits: readonly Wait[];
} {
  const jobs = [...new Set(edges.map(({ job }) => job))].sort(compare);
  const nodes: Node[] = [
    ...jobs.map((name): Node => ({ name, kind: "job" })),
    ...tables.map(({ name, kind }): Node => ({ name, kind })),
  ];
  const jobAt = new Map(jobs.map((name, at) => [name, at]));
  const tableAt = new Map(tables.map(({ name }, at) => [name, jobs.length + at]));
  const waits = new Map<string, Wait>();
  for (const { job, table, mode } of edges) {
    const ends = [tableAt.get(table) ?? 0, jobAt.get(job) ?? 0] as const;
    const [from, to] = mode === "read" ? ends : [ends[1], ends[0]];
    waits.set(`${from} ${to}`, { from, to });
  }
  return { nodes, waits: [...waits.values()] };
}
