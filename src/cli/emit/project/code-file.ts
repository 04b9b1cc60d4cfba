import { type Code, call, type Entry, importLine, list, object, raw, text } from "./code";
import type { ImportFramework } from "../import-source";
import { type TextPart, textCode } from "./text-code";
import type { Invocation, Value } from "../typed/value";

/** Named values that only the project's code has. */
type ProjectValue =
  | { readonly $file: string }
  | { readonly $job: string }
  | { readonly $external: string }
  /** A constant of `jobs/clusters.ts`. */
  | { readonly $shared: string }
  | {
      readonly $upload: "notebook" | "file" | "folder";
      readonly path: string;
      readonly workspacePath?: string;
    }
  | { readonly $vary: Readonly<Record<string, Value | undefined>> }
  | { readonly $placeholder: string };

/** Translates texts of the source to texts of the project. */
type TextReader = (text: string) => readonly TextPart[];

/** Context of a {@link CodeFile}. */
interface CodeFileOptions {
  readonly framework: ImportFramework;
  /** Relative path from the file to the folder `jobs`. */
  readonly up: string;
  readonly readText: TextReader;
  /** A job's property in the second argument of the function. @default - its key */
  readonly member?: (job: string) => string;
  /** False if no stack is in scope, as in the file of environments. @default true */
  readonly hasStack?: boolean;
}

/** A code file under construction: its imports, and whether it uses the environment. */
export class CodeFile {
  readonly #imports = new Map<string, Set<string>>();
  public usesEnvironment = false;

  readonly #options: CodeFileOptions;

  public constructor(options: CodeFileOptions) {
    this.#options = options;
  }

  public use(name: string, from = `@jobstrata/${this.#options.framework}`): string {
    const names = this.#imports.get(from) ?? new Set();
    this.#imports.set(from, names.add(name));
    return name;
  }

  public useLocal(name: string, file: string): string {
    return this.use(name, `${this.#options.up}/${file}`);
  }

  /** Adds the imports of another file. */
  public useAllOf(other: CodeFile): void {
    for (const [from, names] of other.#imports) for (const name of names) this.use(name, from);
  }

  /** Imports a module of the provider's generated classes. */
  public provider(name: string, module: string): string {
    const scope = this.#options.framework === "cdktf" ? "@cdktf" : "@cdktn";
    return this.use(name, `${scope}/provider-databricks/lib/${module}`);
  }

  /** The import statements, packages first. */
  public imports(): string {
    const rank = (from: string): number => (from.startsWith(".") ? 1 : 0);
    return [...this.#imports]
      .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
      .map(([from, names]) => importLine(names, from))
      .join("");
  }

  public code(value: Value): Code {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object") return raw(String(value));
    if (Array.isArray(value))
      return list((value as readonly Value[]).map((each) => this.code(each)));
    if ("$call" in value) return this.#invocation(value as Invocation);
    return this.#projectValue(value as ProjectValue) ?? this.object(value as Record<string, Value>);
  }

  public object(values: Readonly<Record<string, Value>>, isOpen = false): Code {
    return object(this.entries(values), isOpen);
  }

  public entries(values: Readonly<Record<string, Value>>): Entry[] {
    return Object.entries(values).map(([name, each]) => ({ name, value: this.code(each) }));
  }

  public text(value: string): Code {
    const parts = this.#options.readText(value);
    if (parts.some((part) => "code" in part && part.code.startsWith("environment.")))
      this.usesEnvironment = true;
    if (this.#options.hasStack === false) return textCode(parts);
    return textCode(parts, (name) => {
      this.usesEnvironment = true;
      return call("environment.variable", text(name));
    });
  }

  #invocation({ $call, args }: Invocation): Code {
    const [name = ""] = $call.split(".");
    if (name === "Token") this.use(name, this.#options.framework);
    else this.use(name);
    return call($call, ...args.map((arg) => this.code(arg)));
  }

  #projectValue(value: ProjectValue): Code | undefined {
    if ("$file" in value) return text(value.$file);
    if ("$job" in value) return raw(`jobs.${this.#options.member?.(value.$job) ?? value.$job}.id`);
    if ("$external" in value) return raw(`${this.useLocal(value.$external, "external")}(stack).id`);
    if ("$shared" in value) return raw(this.useLocal(value.$shared, "clusters"));
    if ("$placeholder" in value) {
      this.usesEnvironment = true;
      return call("environment.variable", text(value.$placeholder));
    }
    if ("$upload" in value) {
      const { workspacePath } = value;
      const at = workspacePath === undefined ? [] : [text(workspacePath)];
      const name = { notebook: "uploadNotebook", file: "uploadFile", folder: "uploadFolder" };
      return call(
        this.useLocal(name[value.$upload], "uploads"),
        raw("stack"),
        text(value.path),
        ...at,
      );
    }
    if ("$vary" in value) {
      this.usesEnvironment = true;
      const entries = Object.entries(value.$vary).map(([name, each]) => ({
        name,
        value: each === undefined ? raw("undefined") : this.code(each),
      }));
      return call(
        this.useLocal("inEnvironment", "environments"),
        raw("environment"),
        object(entries),
      );
    }
    return undefined;
  }
}
