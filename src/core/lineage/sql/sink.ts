import type { WriteKind } from "../../model/lineage";

/** Receives what a scan finds. `at` is an offset in the text. */
export interface SqlSink {
  /** @param parts of the name, unquoted */
  read(parts: readonly string[], at: number): void;
  write(parts: readonly string[], kind: WriteKind, at: number): void;
  readPath(path: string, at: number): void;
  writePath(path: string, kind: WriteKind, at: number): void;
  /** A temporary view, which only this session sees. */
  temporaryView(parts: readonly string[]): void;
  /** Changes the default catalog or schema. */
  use(catalog: string | undefined, schema: string | undefined): void;
  /** The value of a parameter or variable, as far as it is known. */
  value(name: string): string | undefined;
  setValue(name: string, value: string, isDefault: boolean): void;
  problem(message: string, at: number): void;
}

/** A sink for SQL that is computed by the statement at `place`. */
export function sinkAt(sink: SqlSink, place: number): SqlSink {
  return {
    read(parts) {
      sink.read(parts, place);
    },
    write(parts, kind) {
      sink.write(parts, kind, place);
    },
    readPath(path) {
      sink.readPath(path, place);
    },
    writePath(path, kind) {
      sink.writePath(path, kind, place);
    },
    temporaryView(parts) {
      sink.temporaryView(parts);
    },
    use(catalog, schema) {
      sink.use(catalog, schema);
    },
    value: (name) => sink.value(name),
    setValue(name, value, isDefault) {
      sink.setValue(name, value, isDefault);
    },
    problem(message) {
      sink.problem(message, place);
    },
  };
}
