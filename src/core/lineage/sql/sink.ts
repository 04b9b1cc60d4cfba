import type { WriteKind } from "../../model/lineage";

/** What SQL does, as the scan comes upon it. `at` is an offset in the text. */
export interface SqlSink {
  /** @param parts of the name, each without quotes */
  read(parts: readonly string[], at: number): void;
  write(parts: readonly string[], kind: WriteKind, at: number): void;
  readPath(path: string, at: number): void;
  writePath(path: string, kind: WriteKind, at: number): void;
  /** A view of the session, which is no table of anybody else's. */
  temporaryView(parts: readonly string[]): void;
  /** The default catalog or schema from here on. */
  use(catalog: string | undefined, schema: string | undefined): void;
  /** The value of a parameter or variable, as far as it is known. */
  value(name: string): string | undefined;
  setValue(name: string, value: string, isDefault: boolean): void;
  problem(message: string, at: number): void;
}

/** A sink for text that is computed by the statement at `place`. */
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
