import type { DocumentJob, DocumentTask } from "../../document";
import type { Point, Rect } from "./pack";

/**
 * Positions of all elements of a drawing; pixels. A job that runs other jobs is a box with its tasks inside, from left
 * to right by dependencies. Each box is laid out separately and only if it is open, so the layout scales to 10 000
 * jobs.
 */
export interface Layout {
  /** Boxes of jobs, each before its contents, in step order. */
  readonly boxes: readonly Box[];
  /** Tasks other than Run Job tasks. */
  readonly tasks: readonly TaskBox[];
  /** Frames around boxes with the same dependencies and dependents. */
  readonly frames: readonly Rect[];
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
}

/** A job in a drawing. A job that several tasks run has several boxes. */
export interface Box extends Rect {
  /** Unique in the drawing: the path from the top, independent of open boxes. */
  readonly place: string;
  readonly job: DocumentJob;
  /** Lines below the key. */
  readonly lines: readonly string[];
  /** Number of reserved rows below the lines. */
  readonly rows: number;
  /** Place of the enclosing box; undefined at the top. */
  readonly parent: string | undefined;
  /** Number of enclosing boxes. */
  readonly depth: number;
  /** Step in the enclosing job, from 1; undefined if its tasks have no order. */
  readonly step: number | undefined;
  /** Index among the jobs in the same box, from 0, and their number. */
  readonly at: number;
  readonly siblings: number;
  /** Whether it has contents. */
  readonly canExpand: boolean;
  /** Whether its contents are drawn here. */
  readonly expanded: boolean;
  /** Whether its contents are drawn in a box at the top, because this one is nested too deeply. */
  readonly continued: boolean;
}

/** A task that runs no job of the drawing. */
export interface TaskBox extends Rect {
  readonly id: string;
  readonly task: DocumentTask;
  readonly lines: readonly string[];
  /** The job that contains the task. */
  readonly job: DocumentJob;
}

/** An arrow from an element to its dependent. */
export interface Line {
  /** Places of boxes and ids of task boxes: one, or all in a common frame. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** SVG path data. */
  readonly path: string;
  /** The required outcome of the first, if any. */
  readonly label?: string;
  /** Start of the label. */
  readonly x: number;
  readonly y: number;
  readonly points: readonly Point[];
  /** Bounding box. */
  readonly extent: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
}
