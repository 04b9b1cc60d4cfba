import { useEffect } from "preact/hooks";
import type { Box } from "../layout/elements";
import { hasShortcuts } from "../shortcuts";

/** The action of a key on a box, as in tree views: go to the place of another box, or act on this one. */
export function meaningOf(
  key: string,
  box: Box,
  boxes: readonly Box[],
): "select" | "expand" | "collapse" | { readonly place: string } | undefined {
  const at = boxes.indexOf(box);
  const go = (to: Box | undefined) => to && { place: to.place };
  switch (key) {
    case "Enter":
    case " ":
      return "select";
    case "ArrowDown":
      return go(boxes[at + 1]);
    case "ArrowUp":
      return go(boxes[at - 1]);
    case "ArrowRight":
      if (box.canExpand && !box.expanded) return "expand";
      return go(boxes.find(({ parent }) => parent === box.place));
    case "ArrowLeft":
      if (box.expanded) return "collapse";
      return box.parent === undefined ? undefined : { place: box.parent };
    case "Home":
      return go(boxes[0]);
    case "End":
      return go(boxes.at(-1));
    default:
      return undefined;
  }
}

/** Registers page-wide shortcuts, which are ignored in input fields. */
export function usePageKeys(
  actions: Readonly<Record<string, (event: KeyboardEvent) => void>>,
): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target, key, ctrlKey, metaKey, altKey } = event;
      const act = actions[key];
      if (act === undefined || ctrlKey || metaKey || altKey) return;
      const isField = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
      if (key !== "Escape" && (isField || !hasShortcuts())) return;
      act(event);
      if (key !== "Escape") event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  });
}
