/** A rectangle's size, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

export type Point = readonly [x: number, y: number];

/** Distance between boxes; pixels. */
export const BOX_GAP = 16;

/** Rectangles packed in rows, in order. */
export interface Packed extends Size {
  readonly places: readonly { readonly x: number; readonly y: number }[];
}

/** Packs rectangles in rows with a total width of about `aspect` times the height, and at least `room`. */
export function pack(sizes: readonly Size[], gap: number, aspect: number, room = 0): Packed {
  let area = 0;
  let widest = room;
  for (const { width, height } of sizes) {
    area += (width + gap) * (height + gap);
    widest = Math.max(widest, width);
  }
  const limit = Math.max(widest, Math.sqrt(area * aspect));
  const places: { x: number; y: number }[] = [];
  let [x, y, rowHeight, width] = [0, 0, 0, 0];
  for (const size of sizes) {
    if (x > 0 && x + size.width > limit) {
      y += rowHeight + gap;
      x = 0;
      rowHeight = 0;
    }
    places.push({ x, y });
    width = Math.max(width, x + size.width);
    rowHeight = Math.max(rowHeight, size.height);
    x += size.width + gap;
  }
  return { places, width, height: y + rowHeight };
}
