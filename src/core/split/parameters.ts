import { settingAt } from "../model/settings";
import { quote } from "../model/text";
import { type CodeTask, refusing } from "./candidates";
import { expressionsIn, kindOf, taskReference } from "./references";
import { namedParameters, namedParametersOf, textsIn } from "./task-parts";
import type { HandedParameter, PassedValue, SplitRefusal } from "./types";

/** How the parameters of moved code reach it in its new job. */
interface HandedDown {
  /** Parameters that the job declares in addition to those of its first user's job. */
  readonly parameters: readonly HandedParameter[];
  /** The parameters that each user passes, in the order of the users. */
  readonly passed: readonly ReadonlyMap<string, PassedValue>[];
  readonly refusals: readonly SplitRefusal[];
}

interface Value {
  readonly passed: PassedValue;
  readonly text: string;
}

/**
 * Determines the parameters that users must pass to the code's job so that the code gets the same values as before.
 *
 * @param uses tasks with the same code, beginning with the one whose settings the job has
 * @param isOwner whether the first is an existing atomic job, which stays
 * @param moved task keys of each job whose code moves
 */
export function handDown(
  uses: readonly CodeTask[],
  type: string,
  isOwner: boolean,
  moved: IsMoved,
): HandedDown {
  const [first] = uses;
  if (first === undefined) return { parameters: [], passed: [], refusals: [] };
  const result = new Collector(uses, isOwner);
  handDownTexts(first, uses, type, moved, result);
  const names = new Set(
    uses.flatMap(({ job, task }) => [
      ...Object.keys(namedIn(task, type)),
      ...parametersOf(job).map(({ name }) => name),
    ]),
  );
  for (const name of names) {
    const values = uses.map((use) => valueOf(use, name, type));
    if (!isPassed(uses, values, isOwner, moved, result)) continue;
    const missing = uses.filter((_, at) => values[at] === undefined);
    if (missing.length > 0 && reads(first, name)) {
      for (const use of missing.length === uses.length ? [] : missing) result.missing(use, name);
      continue;
    }
    result.declare(parameterOf(first, values, name, type, isOwner), (at) => values[at]);
  }
  return result.handedDown();
}

type IsMoved = (use: CodeTask, taskKey: string) => boolean;

/** Hands down text outside of the named parameters, which all users share. */
function handDownTexts(
  first: CodeTask,
  uses: readonly CodeTask[],
  type: string,
  moved: IsMoved,
  result: Collector,
): void {
  const declared = new Set(uses.flatMap(({ job }) => parametersOf(job).map(({ name }) => name)));
  const named = namedParametersOf(type);
  for (const { path, text } of textsIn(settingAt(first.task.settings, type), [type])) {
    if (path[0] === type && path[1] === named) continue;
    const kinds = expressionsIn(text).map((each) => kindOf(each, (key) => moved(first, key)));
    if (!result.check(first, text, kinds) || !kinds.includes("parent")) continue;
    const name = freeName(path.slice(1).join("_"), declared);
    declared.add(name);
    result.declare({ name, path, default: defaultOf(text) }, () => ({
      passed: { kind: "setting", path, text },
      text,
    }));
  }
}

const namedIn = (task: CodeTask["task"], type: string): Readonly<Record<string, string>> =>
  namedParametersOf(type) === undefined ? {} : namedParameters(task, type);

/** The value that a user's code gets for a parameter; undefined if nothing sets it. */
function valueOf({ job, task }: CodeTask, name: string, type: string): Value | undefined {
  if (parametersOf(job).some((parameter) => parameter.name === name))
    return { passed: { kind: "job", name }, text: `{{job.parameters.${name}}}` };
  const own = namedIn(task, type);
  const text = Object.hasOwn(own, name) ? own[name] : undefined;
  const path = [type, namedParametersOf(type) ?? "", name];
  return text === undefined ? undefined : { passed: { kind: "setting", path, text }, text };
}

/** Whether users must pass a parameter with these values. Refuses a job whose value does not resolve where it is needed. */
function isPassed(
  uses: readonly CodeTask[],
  values: readonly (Value | undefined)[],
  isOwner: boolean,
  moved: IsMoved,
  result: Collector,
): boolean {
  const kinds = uses.map((use, at) =>
    expressionsIn(values[at]?.text ?? "").map((each) => kindOf(each, (key) => moved(use, key))),
  );
  const texts = new Set(values.map((value) => value?.text));
  const isJob = values.some((value) => value?.passed.kind === "job");
  const isAlike = texts.size === 1 && !texts.has(undefined) && !isJob;
  const isBound = kinds.flat().some((kind) => kind === "parent" || typeof kind === "object");
  if (isAlike && !isBound) return false;
  return uses.every((use, at) => {
    const own = kinds[at] ?? [];
    const text = values[at]?.text ?? "";
    return (
      (isOwner && at === 0) || result.check(use, text, own, !isAlike || own.includes("parent"))
    );
  });
}

/** The parameter of the code's job, with the default that keeps the first user's value. */
function parameterOf(
  first: CodeTask,
  values: readonly (Value | undefined)[],
  name: string,
  type: string,
  isOwner: boolean,
): HandedParameter {
  // A text overridden by a job parameter may be invalid in the other job.
  const written = namedIn(first.task, type)[name];
  const isDeclared = values[0]?.passed.kind === "job";
  const isPossible = expressionsIn(written ?? "").every(
    (each) => kindOf(each, () => true) !== "parent" && taskReference(each) === undefined,
  );
  const hasPath = written !== undefined && !(isDeclared && isPossible);
  const text = values.find((value) => value !== undefined)?.text ?? "";
  return {
    name,
    ...(hasPath && { path: [type, namedParametersOf(type) ?? "", name] }),
    default:
      parametersOf(first.job).find((parameter) => parameter.name === name)?.default ??
      (isOwner ? values[0]?.text : undefined) ??
      defaultOf(text),
    ...(isDeclared && { isDeclared }),
  };
}

class Collector {
  readonly #parameters: HandedParameter[] = [];
  readonly #passed: Map<string, PassedValue>[];
  readonly #refusals: SplitRefusal[] = [];
  readonly #uses: readonly CodeTask[];
  readonly #isOwner: boolean;

  public constructor(uses: readonly CodeTask[], isOwner: boolean) {
    this.#uses = uses;
    this.#isOwner = isOwner;
    this.#passed = uses.map(() => new Map<string, PassedValue>());
  }

  /** Whether a text resolves where it is needed; if not, refuses the job. */
  public check(
    { job, task }: CodeTask,
    text: string,
    kinds: readonly ReturnType<typeof kindOf>[],
    isPassed = kinds.includes("parent"),
  ): boolean {
    const refuse = refusing(job);
    const { taskKey } = task;
    for (const kind of kinds) {
      if (typeof kind !== "object") continue;
      this.#refusals.push(
        refuse(
          "task-values",
          `task ${quote(taskKey)} refers to ${quote(text)}: ${kind.refused}`,
          "hand it over in a table",
          taskKey,
        ),
      );
      return false;
    }
    if (!isPassed || !kinds.includes("own")) return true;
    this.#refusals.push(
      refuse(
        "reference",
        `task ${quote(taskKey)} mixes what its own run knows with what only the run of its job knows, or what differs between jobs, in ${quote(text)}`,
        "make two parameters of it",
        taskKey,
      ),
    );
    return false;
  }

  public missing({ job, task }: CodeTask, name: string): void {
    this.#refusals.push(
      refusing(job)(
        "parameters-differ",
        `task ${quote(task.taskKey)} does not give its notebook the parameter ${quote(name)}, which other users of the notebook give it`,
        "give it the value that the notebook has by default",
        task.taskKey,
      ),
    );
  }

  public declare(parameter: HandedParameter, valueOf: (use: number) => Value | undefined): void {
    if (parameter.isDeclared !== true || parameter.path !== undefined)
      this.#parameters.push(parameter);
    for (const at of this.#uses.keys()) {
      const value = valueOf(at);
      if (value !== undefined && !(this.#isOwner && at === 0))
        this.#passed[at]?.set(parameter.name, value.passed);
    }
  }

  public handedDown(): HandedDown {
    return { parameters: this.#parameters, passed: this.#passed, refusals: this.#refusals };
  }
}

const parametersOf = ({ parameters = [] }: CodeTask["job"]) => parameters;

/** Whether code may read a parameter. */
function reads({ task }: CodeTask, name: string): boolean {
  const widgets = task.notebook?.file?.widgets;
  if (widgets === undefined || widgets.open) return true;
  return widgets.reads.includes(name) || widgets.declares.includes(name);
}

/** The default of a parameter that nobody passes: the text if the job can resolve it. */
const defaultOf = (text: string): string =>
  expressionsIn(text).every((each) => /^job\.(?!parameters\b)/.test(each)) ? text : "";

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const base = wanted.replace(/[^\w.-]+/g, "_");
  let name = base;
  for (let count = 2; taken.has(name); count++) name = `${base}_${count}`;
  return name;
}
