import { isSettings, JOB_LEVEL_TAG, type Setting, type Settings } from "@jobstrata/core/model";
import { type AtomicPart, type CompositePart, INHERITED, newName } from "@jobstrata/core/split";
import { isAlias, isMap, isScalar } from "yaml";
import type { Replacement } from "../check/yaml-edit";
import { resolvedAt, startOf } from "../yaml-nodes";
import { NotEditable } from "./not-editable";
import { ended, rawLines, scalarText } from "./yaml-lines";
import {
  columnOf,
  commentsBefore,
  type Item,
  itemsOf,
  rawAt,
  rawOf,
  type Segment,
  segmentsOf,
  valueOf,
  type YamlFile,
} from "./yaml-segments";
import {
  anchorsIn,
  atomicTaskLines,
  defaultText,
  runJobEdit,
  type TaskText,
  taskText,
} from "./yaml-task";

/** Lists whose items are used only by tasks that name them. */
const LISTS = { environments: "environment_key", job_clusters: "job_cluster_key" } as const;

/** A job's text in a file. */
export class JobText {
  readonly #file: YamlFile;
  readonly #segments: readonly Segment[];
  readonly #raw: Settings;
  /** Columns of the job's key, and of its settings. */
  readonly #keyColumn: number;
  readonly #column: number;
  readonly #tasks: ReadonlyMap<string, Item>;
  /** Columns of the `-` and of the settings of its tasks. */
  readonly #dash: number;
  readonly #taskColumn: number;
  /** The value of its key. */
  public readonly node: unknown;

  /**
   * @param keyStart where the job's key begins
   * @throws {NotEditable} if the text cannot be changed in place
   */
  public constructor(file: YamlFile, keyStart: number, node: unknown) {
    this.#file = file;
    this.node = node;
    if (isAlias(node)) throw new NotEditable("shared-anchor", "the job is an alias of another");
    const segments = segmentsOf(file, node);
    const raw = rawOf(file, node);
    const [first] = segments ?? [];
    if (segments === undefined || first === undefined || !isSettings(raw))
      throw new NotEditable("not-editable", "the job is not written in block style");
    this.#segments = segments;
    this.#raw = raw;
    this.#keyColumn = columnOf(file, keyStart);
    this.#column = columnOf(file, first.keyStart);
    const tasks = segments.findLast(({ name }) => name === "tasks");
    if (isAlias(tasks?.value) || (tasks === undefined && raw.tasks !== undefined))
      throw new NotEditable("shared-anchor", "its tasks come from an anchor");
    const items = itemsOf(file, tasks?.value);
    const [one] = items ?? [];
    if (items === undefined || one === undefined)
      throw new NotEditable("not-editable", "its tasks are not written as a list in block style");
    this.#tasks = new Map(
      items.map((item) => {
        const key = rawAt(rawOf(file, item.node), ["task_key"]);
        return [typeof key === "string" ? key : JSON.stringify(key), item];
      }),
    );
    this.#dash = columnOf(file, file.text.lastIndexOf("-", startOf(one.node)));
    this.#taskColumn = columnOf(file, startOf(one.node));
  }

  /** After its last line. */
  public get end(): number {
    return this.#segments.at(-1)?.end ?? 0;
  }

  public task(outer: string, isInner: boolean): TaskText {
    const item = this.#tasks.get(outer);
    if (item === undefined)
      throw new NotEditable("not-editable", `its file has no task with the key ${outer}`);
    if (isAlias(item.node))
      throw new NotEditable("shared-anchor", `task ${outer} is an alias of another`);
    return taskText(this.#file, item.node, isInner);
  }

  /** The changes that make it a composite. */
  public compositeEdits({ tasks, level, settings }: CompositePart): Replacement[] {
    const edits = tasks.map((moved) => {
      const text = this.task(moved.outer.taskKey, moved.task !== moved.outer);
      return runJobEdit(this.#file, text, moved);
    });
    for (const [list, key] of Object.entries(LISTS)) {
      const left = settings[list];
      const names = Array.isArray(left)
        ? left.map((item) => (item as Record<string, unknown>)[key])
        : [];
      edits.push(...this.#listEdits(list, key, names));
    }
    if (level === undefined) return edits;
    const git = this.#segment("git_source");
    if (git !== undefined) edits.push(removal(git));
    return [...edits, ...this.#tagEdits({ [JOB_LEVEL_TAG]: level, orchestrator: "true" })];
  }

  /** The changes that let an atomic job take former settings as parameters. */
  public ownerEdits(part: AtomicPart): Replacement[] {
    const { file, column } = { file: this.#file, column: this.#column };
    const { from, parameters, maxConcurrentRuns, existing } = part;
    const edits: Replacement[] = [];
    const text = this.task(from.task.taskKey, false);
    for (const segment of text.segments) {
      const changed = parameters.filter(({ path }) => path?.[0] === segment.name);
      if (changed.length === 0) continue;
      const lines = atomicTaskLines(
        file,
        { ...text, segments: [segment] },
        { taskKey: "", kept: [], parameters: changed, environmentKey: undefined },
        text.column,
        Math.max(text.column - 2, 0),
      );
      const body = lines.slice(lines.indexOf("\n") + 1);
      edits.push({
        from: segment.keyStart,
        to: segment.end,
        text: body.slice(text.column),
      });
    }
    const added = this.#parameterLines(part, text);
    const own = this.#segment("parameters");
    if (own !== undefined && added !== "")
      edits.push({ from: own.start, to: own.end, text: added });
    let lines = own === undefined ? added : "";
    const most = existing?.maxConcurrentRuns ?? 1;
    const runs = this.#segment("max_concurrent_runs");
    if (maxConcurrentRuns > most) {
      const line = `${" ".repeat(column)}max_concurrent_runs: ${maxConcurrentRuns}${file.newline}`;
      if (runs === undefined) lines += line;
      else edits.push({ from: runs.start, to: runs.end, text: line });
    }
    if (lines !== "") {
      const tasks = this.#segment("tasks");
      const at = tasks?.start ?? this.end;
      edits.push({ from: at, to: at, text: lines });
    }
    return edits;
  }

  /** The text of a new job beside this one, with the code of its tasks. */
  public atomicLines(part: AtomicPart, runs: number | undefined): string {
    const { newline } = this.#file;
    const indent = " ".repeat(this.#column);
    const { from, key, name, description, environment } = part;
    const text = this.task(from.outer.taskKey, from.task !== from.outer);
    const own = this.#raw.name;
    const shown = typeof own === "string" ? newName(own, name) : key;
    const lines = [
      `${" ".repeat(this.#keyColumn)}${key}:${newline}`,
      `${indent}name: ${JSON.stringify(shown)}${newline}`,
      `${indent}description: ${JSON.stringify(description)}${newline}`,
      rawLines(this.#file, { tags: this.#atomicTags() }, this.#column),
      this.#parameterLines(part, text),
    ];
    for (const segment of this.#segments) {
      if (segment.name === "<<") lines.push(this.#mergedLines());
      const isInherited = INHERITED.includes(segment.name) || segment.name === "permissions";
      if (isInherited || (segment.name === "max_concurrent_runs" && runs === undefined))
        lines.push(this.#copy(segment));
    }
    if (runs !== undefined) lines.push(`${indent}max_concurrent_runs: ${runs}${newline}`);
    if (environment !== undefined)
      lines.push(
        rawLines(
          this.#file,
          {
            environments: [
              {
                environment_key: environment.key,
                spec: { environment_version: environment.version },
              },
            ],
          },
          this.#column,
        ),
      );
    else lines.push(this.#listLines("environments", text));
    lines.push(this.#listLines("job_clusters", text));
    lines.push(
      `${indent}tasks:${newline}`,
      atomicTaskLines(
        this.#file,
        text,
        {
          taskKey: from.task.taskKey,
          kept: part.kept,
          parameters: part.parameters,
          environmentKey: environment?.key,
        },
        this.#taskColumn,
        this.#dash,
      ),
    );
    return lines.join("");
  }

  /** Names of the anchors in the text that leaves the job. */
  public movedAnchors({ tasks }: CompositePart): string[] {
    return tasks.flatMap((moved) => {
      const text = this.task(moved.outer.taskKey, moved.task !== moved.outer);
      return anchorsIn(text.node);
    });
  }

  #segment(name: string): Segment | undefined {
    return this.#segments.findLast((segment) => segment.name === name);
  }

  #copy(segment: Segment): string {
    const body = this.#file.text.slice(segment.keyStart, segment.end);
    return " ".repeat(this.#column) + ended(this.#file, body);
  }

  /** Settings that the job itself inherits from an anchor. */
  #mergedLines(): string {
    const own = new Set(this.#segments.map(({ name }) => name));
    const merged = Object.entries(this.#raw).filter(
      ([name]) => !own.has(name) && (INHERITED.includes(name) || name === "permissions"),
    );
    return rawLines(this.#file, Object.fromEntries(merged), this.#column);
  }

  #atomicTags(): Settings {
    const { tags } = this.#raw;
    if (typeof tags === "string")
      throw new NotEditable("not-editable", "its tags come from a variable");
    const own = isSettings(tags) ? Object.entries(tags) : [];
    const others = own.filter(([name]) => name !== JOB_LEVEL_TAG && name !== "orchestrator");
    return { [JOB_LEVEL_TAG]: "atomic", ...Object.fromEntries(others) };
  }

  #parameterLines({ parameters, from }: AtomicPart, text: TaskText): string {
    const segment = this.#segment("parameters");
    const added = parameters.filter(({ isDeclared }) => isDeclared !== true);
    if (added.length === 0) return segment === undefined ? "" : this.#copy(segment);
    const { newline } = this.#file;
    const items = itemsOf(this.#file, segment?.value);
    const own = this.#raw.parameters;
    if (typeof own === "string")
      throw new NotEditable("not-editable", "its parameters come from a variable");
    const [first] = items ?? [];
    const dash =
      first === undefined
        ? this.#column + 2
        : columnOf(this.#file, this.#file.text.lastIndexOf("-", startOf(first.node)));
    const lines = added.map((parameter) => {
      const blanks = " ".repeat(dash);
      const value = defaultText(
        this.#file,
        text,
        parameter,
        resolvedAt(from.task.settings, parameter.path),
      );
      return `${blanks}- name: ${scalarText(parameter.name)}${newline}${blanks}  default: ${value}${newline}`;
    });
    const before =
      segment !== undefined && items !== undefined
        ? this.#copy(segment)
        : Array.isArray(own)
          ? rawLines(this.#file, { parameters: own as Setting }, this.#column)
          : `${" ".repeat(this.#column)}parameters:${newline}`;
    return before + lines.join("");
  }

  /** The text of the list items that the task needs. */
  #listLines(list: keyof typeof LISTS, text: TaskText): string {
    const segment = this.#segment(list);
    const key = LISTS[list];
    const wanted = text.raw[key];
    const raw = this.#raw[list];
    if (wanted === undefined || raw === undefined) return "";
    if (typeof raw === "string" || typeof wanted !== "string")
      throw new NotEditable("not-editable", `its ${list} come from a variable`);
    const isWanted = (item: Setting): boolean => isSettings(item) && item[key] === wanted;
    const items = itemsOf(this.#file, segment?.value, segment?.keyStart);
    const found = items?.filter(({ node }) => isWanted(rawOf(this.#file, node)));
    const { newline } = this.#file;
    if (segment !== undefined && found?.every(({ node }) => isMap(node)) === true)
      return found.length === 0
        ? ""
        : commentsBefore(this.#file, segment) +
            `${" ".repeat(this.#column)}${list}:${newline}` +
            found.map((item) => this.#itemLines(item)).join("");
    const all = Array.isArray(raw) ? (raw as readonly Setting[]).filter(isWanted) : [];
    return all.length === 0 ? "" : rawLines(this.#file, { [list]: all }, this.#column);
  }

  #itemLines(item: Item): string {
    const file = this.#file;
    return commentsBefore(file, item) + ended(file, file.text.slice(item.start, item.end));
  }

  /** Removes items that no task names any more, and the list if it becomes empty. */
  #listEdits(list: string, key: string, names: readonly unknown[]): Replacement[] {
    const segment = this.#segment(list);
    if (segment === undefined) {
      if (this.#raw[list] !== undefined && names.length === 0)
        throw new NotEditable("shared-anchor", `its ${list} come from an anchor`);
      return [];
    }
    if (names.length === 0) return [removal(segment)];
    const items = itemsOf(this.#file, segment.value);
    if (items === undefined)
      throw new NotEditable("not-editable", `its ${list} are not a list in block style`);
    return items
      .filter(({ node }) => {
        const raw = rawOf(this.#file, node);
        return !(isSettings(raw) && names.includes(raw[key]));
      })
      .map(removal);
  }

  #tagEdits(tags: Readonly<Record<string, string>>): Replacement[] {
    const file = this.#file;
    const segment = this.#segment("tags");
    const raw = this.#raw.tags;
    if (typeof raw === "string")
      throw new NotEditable("not-editable", "its tags come from a variable");
    const inner = isMap(segment?.value) ? segmentsOf(file, segment.value) : undefined;
    const column = inner?.[0] === undefined ? undefined : columnOf(file, inner[0].keyStart);
    const anchor = (segment?.value as { anchor?: string } | undefined)?.anchor;
    if (
      segment === undefined ||
      inner === undefined ||
      column === undefined ||
      anchor !== undefined
    )
      return [this.#newTags(segment, raw, tags)];
    const edits: Replacement[] = [];
    let added = "";
    for (const [name, value] of Object.entries(tags)) {
      const node = valueOf(segment.value, name);
      if (isScalar(node) && node.range && node.anchor === undefined)
        edits.push(
          ...(String(node.value) === value
            ? []
            : [{ from: node.range[0], to: node.range[1], text: scalarText(value) }]),
        );
      else if (node === undefined)
        added += `${" ".repeat(column)}${name}: ${scalarText(value)}${file.newline}`;
      else return [this.#newTags(segment, raw, tags)];
    }
    if (added !== "") {
      const isEnded = file.text[segment.end - 1] === "\n";
      edits.push({
        from: segment.end,
        to: segment.end,
        text: isEnded ? added : file.newline + added.trimEnd(),
      });
    }
    return edits;
  }

  /** Tags that replace missing ones, one-line ones, or those of an anchor. */
  #newTags(
    segment: Segment | undefined,
    raw: Setting | undefined,
    tags: Readonly<Record<string, string>>,
  ): Replacement {
    if (anchorsIn(segment?.value ?? null).length > 0)
      throw new NotEditable("shared-anchor", "its tags are shared by an anchor");
    const all = { ...(isSettings(raw) ? raw : {}), ...tags };
    const lines = rawLines(this.#file, { tags: all }, this.#column);
    if (segment !== undefined) return { from: segment.start, to: segment.end, text: lines };
    const tasks = this.#segment("tasks");
    const at = tasks?.start ?? this.end;
    return { from: at, to: at, text: lines };
  }
}

const removal = ({ gapStart, end }: Pick<Segment, "gapStart" | "end">): Replacement => ({
  from: gapStart,
  to: end,
  text: "",
});
