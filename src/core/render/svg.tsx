import { renderToString } from "preact-render-to-string";
import { hierarchyDocument } from "./document";
import type { Hierarchy } from "./hierarchy";
import { Drawing } from "./page/drawing";
import { plainDrawingStyle } from "./page/drawing-style";
import { layoutOf } from "./page/layout/layout";
import { printable } from "../model/text";

/** The hierarchy as a self-contained SVG file, which follows the viewer's light or dark theme. */
export function hierarchySvg(
  hierarchy: Hierarchy,
  { level = "jobs" }: { readonly level?: "jobs" | "tasks" } = {},
): string {
  const layout = layoutOf(hierarchyDocument(hierarchy), { level });
  const { width, height } = layout;
  const title = `Jobs of ${printable(hierarchy.environment)}`;
  return renderToString(
    <svg
      xmlns="http://www.w3.org/2000/svg"
      class="drawing"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`${title}. Each box holds the jobs that it runs; arrows lead from what comes first to what waits for it.`}
    >
      <title>{title}</title>
      <style>{plainDrawingStyle()}</style>
      <Drawing layout={layout} />
    </svg>,
  );
}
