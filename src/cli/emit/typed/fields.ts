import { isSettings, type Setting, type Settings } from "@jobstrata/core/model";
import type { Value } from "./value";

/** Why a job must be a generated `Job`. */
export class NotTyped extends Error {}

/** Sets a prop unless the value is undefined. */
export type SetProp = (name: string, value: Value | undefined) => void;

/** Sets props of an object. */
export function setterOf(props: Record<string, Value>): SetProp {
  return (name, value) => {
    if (value !== undefined) props[name] = value;
  };
}

/** Reads fields of settings one by one, and tracks which are left. */
export class Fields {
  readonly #left: Map<string, Setting>;
  readonly #path: string;

  public constructor(settings: Settings, path: string) {
    this.#path = path;
    this.#left = new Map(Object.entries(settings));
  }

  public has(name: string): boolean {
    return this.#left.has(name);
  }

  public take(name: string): Setting | undefined {
    const value = this.#left.get(name);
    this.#left.delete(name);
    return value;
  }

  public text(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === "string") return value;
    return this.fail(name);
  }

  /** A non-empty string. */
  public filled(name: string): string | undefined {
    const value = this.text(name);
    return value?.trim() === "" ? this.fail(name) : value;
  }

  public number(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    return typeof value === "number" && Number.isInteger(value) ? value : this.fail(name);
  }

  public flag(name: string): boolean | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === "boolean") return value;
    return this.fail(name);
  }

  public oneOf(name: string, ...options: string[]): string | undefined {
    const value = this.text(name);
    return value === undefined || options.includes(value) ? value : this.fail(name);
  }

  public block(name: string): Fields | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    return isSettings(value) ? new Fields(value, `${this.#path}${name}.`) : this.fail(name);
  }

  public list(name: string): readonly Settings[] {
    const value = this.take(name);
    if (value === undefined) return [];
    const items = Array.isArray(value) ? (value as readonly Setting[]) : [];
    return items.length > 0 && items.every(isSettings) ? items : this.fail(name);
  }

  public strings(name: string): readonly string[] | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const items = Array.isArray(value) ? (value as readonly Setting[]) : [];
    return items.length > 0 && items.every((item) => typeof item === "string")
      ? items
      : this.fail(name);
  }

  public map(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (!isSettings(value)) return this.fail(name);
    if (Object.values(value).some((each) => typeof each !== "string")) return this.fail(name);
    if (Object.keys(value).some((key) => key.includes("${") || key === "__proto__"))
      return this.fail(name);
    return value as Readonly<Record<string, string>>;
  }

  /** `{ [as]: … }` of a required field. */
  public required(name: string, as: string): Record<string, Value> {
    return { [as]: this.filled(name) ?? this.fail(name) };
  }

  public fail(name: string): never {
    throw new NotTyped(`${this.#path}${name}`);
  }

  /** @throws {NotTyped} if a field is left */
  public done(): void {
    const [name] = this.#left.keys();
    if (name !== undefined) this.fail(name);
  }
}
