import { posix } from "node:path";
import {
  closingBracket,
  importPlace,
  importsFrom,
  indentAt,
  insertAll,
  lineStart,
  maskLiterals,
  nextLine,
} from "./code-text";
import type { JobNames, LayerNames } from "./names";
import {
  atomicMember,
  compositeMember,
  jobImport,
  JOBS,
  layerImport,
  type Specifier,
} from "./templates";

/** Lines for the user to add because no place for them was found. */
export interface Lines {
  readonly import: string;
  readonly statement: string;
}

/** The new text; undefined if no place was found. */
type Wired = string | undefined;

/** The import path of `addJobs` from an app's file. */
function jobsPath(entry: string): string {
  const path = posix.relative(posix.dirname(entry), JOBS);
  return path.startsWith(".") ? path : `./${path}`;
}

/** The lines that call `addJobs` in an app's file. */
export function appLines(entry: string, specifier: Specifier, app = "app"): Lines {
  return {
    import: `import { addJobs } from "${specifier(`${jobsPath(entry)}/index`)}";`,
    statement: `addJobs(${app});`,
  };
}

/** Whether an app's file already creates the jobs. */
export function isAppWired(text: string, entry: string): boolean {
  const path = jobsPath(entry);
  return (
    [path, `${path}/index`].some((each) => importsFrom(text, each)) &&
    /\baddJobs\s*\(/.test(maskLiterals(text))
  );
}

/** Inserts a call of `addJobs` before the only call of `….synth()`. */
export function wireApp(text: string, entry: string, specifier: Specifier): Wired {
  const masked = maskLiterals(text);
  const calls = [...masked.matchAll(/^[ \t]*(?:void\s+|await\s+)?(\w+)\s*\.\s*synth\s*\(/gm)];
  const [call] = calls;
  if (call?.[1] === undefined || calls.length > 1) return undefined;
  // An unrelated function of that name.
  if (/\baddJobs\b/.test(masked)) return undefined;
  const lines = appLines(entry, specifier, call[1]);
  const at = lineStart(text, call.index);
  return insertAll(text, [
    { at: importPlace(text, masked), text: `${lines.import}\n` },
    { at, text: `${indentAt(text, call.index)}${lines.statement}\n` },
  ]);
}

export function layerLines(layer: LayerNames, specifier: Specifier): Lines {
  return {
    import: layerImport(layer, specifier),
    statement: `new ${layer.className}(app, environment);`,
  };
}

/** Creates a layer as the last statement in the loop over environments. */
export function wireLayer(text: string, layer: LayerNames, specifier: Specifier): Wired {
  const masked = maskLiterals(text);
  const loop = environmentLoop(text, masked);
  if (loop === undefined) return undefined;
  const line = `new ${layer.className}(${loop.app}, ${loop.environment});`;
  return insertAll(text, [
    { at: importPlace(text, masked), text: `${layerLines(layer, specifier).import}\n` },
    { at: lineStart(text, loop.close), text: `${loop.indent}${line}\n` },
  ]);
}

interface EnvironmentLoop {
  readonly app: string;
  readonly environment: string;
  readonly open: number;
  readonly close: number;
  readonly indent: string;
}

/** The only loop over environments in the file that has `addJobs`. */
function environmentLoop(text: string, masked: string): EnvironmentLoop | undefined {
  const loops = [
    ...masked.matchAll(/\bfor\s*\(\s*const\s+(\w+)\s+of\s+\w*[eE]nvironments\b[^{;]*\{/g),
  ];
  const app = /\baddJobs\s*\(\s*(\w+)/.exec(masked)?.[1];
  const [loop] = loops;
  if (loop?.[1] === undefined || loops.length > 1 || app === undefined) return undefined;
  const open = loop.index + loop[0].length - 1;
  const close = closingBracket(masked, open);
  if (close === undefined || !masked.slice(open, close).includes("\n")) return undefined;
  const indent = bodyIndent(text, masked, open, close);
  return { app, environment: loop[1], open, close, indent };
}

/** A layer created in the loop. */
interface LayerMade {
  readonly className: string;
  readonly variable: string;
  /** Where its missing `const … = ` belongs. */
  readonly unnamedAt: number | undefined;
}

/** The layers created in the loop over environments; undefined if there is no such loop. */
export function layersMade(text: string): readonly LayerMade[] | undefined {
  const masked = maskLiterals(text);
  const loop = environmentLoop(text, masked);
  if (loop === undefined) return undefined;
  const body = masked.slice(loop.open + 1, loop.close);
  return [...body.matchAll(/^[ \t]*(?:const\s+(\w+)\s*=\s*)?new\s+(\w+)Layer\s*\(/gm)].map(
    (found) => {
      const [whole, name, prefix = ""] = found;
      return {
        className: `${prefix}Layer`,
        variable: name ?? prefix.charAt(0).toLowerCase() + prefix.slice(1),
        unnamedAt:
          name === undefined ? loop.open + 1 + found.index + whole.search(/\S/) : undefined,
      };
    },
  );
}

export function orchestratorLines(
  { key, factory }: JobNames,
  layers: readonly string[],
  specifier: Specifier,
  { app, environment } = { app: "app", environment: "environment" },
): Lines {
  return {
    import: `import { ${factory} } from "${specifier(`./${key}`)}";`,
    statement: `${factory}(${app}, ${environment}, { ${layers.join(", ")} });`,
  };
}

/** Creates an orchestrator as the last statement in the loop, and names the layers that it runs. */
export function wireOrchestrator(
  text: string,
  job: JobNames,
  layers: readonly string[],
  specifier: Specifier,
): Wired {
  const masked = maskLiterals(text);
  const loop = environmentLoop(text, masked);
  if (loop === undefined) return undefined;
  const lines = orchestratorLines(job, layers, specifier, loop);
  const names = (layersMade(text) ?? []).flatMap(({ variable, unnamedAt }) =>
    unnamedAt === undefined || !layers.includes(variable)
      ? []
      : [{ at: unnamedAt, text: `const ${variable} = ` }],
  );
  return insertAll(text, [
    { at: importPlace(text, masked), text: `${lines.import}\n` },
    ...names,
    { at: lineStart(text, loop.close), text: `${loop.indent}${lines.statement}\n` },
  ]);
}

export function jobLines(kind: "atomic" | "composite", job: JobNames, specifier: Specifier): Lines {
  return {
    import: jobImport(job, specifier),
    statement: kind === "atomic" ? atomicMember(job) : compositeMember(job),
  };
}

/** The jobs of a layer. */
export interface LayerMembers {
  /** Atomic jobs, in creation order. */
  readonly atomic: readonly { readonly member: string; readonly factory: string }[];
  /** Names of the jobs that run these. */
  readonly composites: readonly string[];
  /** Whether the layer already has a member of that name. */
  has(member: string): boolean;
}

/** The layer's class in its file; undefined if there is none or several. */
export function layerMembers(text: string): LayerMembers | undefined {
  const found = layerClass(maskLiterals(text));
  return found === undefined
    ? undefined
    : {
        atomic: found.members.filter(({ isAtomic }) => isAtomic),
        composites: found.members.filter(({ isAtomic }) => !isAtomic).map(({ member }) => member),
        has: (member) => new RegExp(`(?:^|[\\s#])${member}\\s*[=:(;?!]`).test(found.body),
      };
}

/**
 * Adds a job to its layer: an atomic job after the other atomic ones, and so before everything that runs it; a composite job at
 * the end.
 */
export function wireJob(
  text: string,
  kind: "atomic" | "composite",
  job: JobNames,
  specifier: Specifier,
): Wired {
  const masked = maskLiterals(text);
  const found = layerClass(masked);
  if (found === undefined || !masked.slice(found.open, found.close).includes("\n"))
    return undefined;
  const before = found.members.filter(({ isAtomic }) => isAtomic || kind === "composite").at(-1);
  const lines = jobLines(kind, job, specifier);
  const isFirst = found.members.length === 0;
  const indent = bodyIndent(text, masked, found.open, found.close);
  return insertAll(text, [
    { at: importPlace(text, masked), text: `${lines.import}\n` },
    {
      at: nextLine(text, before?.end ?? found.open),
      text: `${indent}${lines.statement}\n${isFirst ? "\n" : ""}`,
    },
  ]);
}

interface LayerClass {
  readonly open: number;
  readonly close: number;
  readonly body: string;
  readonly members: readonly {
    readonly member: string;
    readonly factory: string;
    readonly isAtomic: boolean;
    readonly end: number;
  }[];
}

const MEMBER =
  /^[ \t]*(?:(?:public|private|protected)\s+)?(?:readonly\s+)?(\w+)\s*(?::\s*[\w.]+\s*)?=\s*(?:new\s+)?(\w+)\s*\(\s*this\b(\.atomic\b)?/gm;

function layerClass(masked: string): LayerClass | undefined {
  const classes = [...masked.matchAll(/\bclass\s+\w+\s+extends\s+JobLayer\b[^{;]*\{/g)];
  const [found] = classes;
  if (found === undefined || classes.length > 1) return undefined;
  const open = found.index + found[0].length - 1;
  const close = closingBracket(masked, open);
  if (close === undefined) return undefined;
  const body = withoutNested(masked.slice(open + 1, close));
  const members = [...body.matchAll(MEMBER)].map(
    ([whole, member = "", factory = "", atomic], index, all) => {
      const at = open + 1 + (all[index]?.index ?? 0);
      const bracket = masked.indexOf("(", at + whole.indexOf(factory));
      return {
        member,
        factory,
        isAtomic: atomic !== undefined,
        end: closingBracket(masked, bracket) ?? bracket,
      };
    },
  );
  return { open, close, body, members };
}

/** A class body with its methods' bodies blanked out. */
function withoutNested(body: string): string {
  let text = body;
  for (let open = text.indexOf("{"); open >= 0; open = text.indexOf("{", open + 1)) {
    const close = closingBracket(text, open);
    if (close === undefined) return text;
    text =
      text.slice(0, open + 1) +
      text.slice(open + 1, close).replace(/[^\r\n]/g, " ") +
      text.slice(close);
  }
  return text;
}

/** Indentation of a block's lines: that of the first line, or one step deeper than the block. */
function bodyIndent(text: string, masked: string, open: number, close: number): string {
  const first = /\S/.exec(masked.slice(nextLine(masked, open), close));
  if (first !== null) return indentAt(text, nextLine(masked, open) + first.index);
  const outer = indentAt(text, close);
  return outer + (outer.includes("\t") ? "\t" : "  ");
}
