import type { Document, Pair } from "yaml";
import type { SourceLocation } from "../../model/source-location";
import type { ValueMap } from "./yaml-nodes";
import { locationAt, type YamlText } from "./yaml-text";

interface Place {
  readonly file: YamlText;
  readonly offset: number;
  /** The location of a map that is not from YAML. */
  readonly at?: SourceLocation;
  /** Sources of a merged map: the base and its override. */
  readonly merged?: { readonly base: object; readonly over: object };
}

/** A key of a map, or the index of an item in the list below a key. */
export type KeyPath = readonly [key: string, item?: number];

/** Locations of maps in all files. Computes lines and columns on demand. */
export class Places {
  /** Cache of recently used documents. */
  readonly #documents = new Map<YamlText, Document.Parsed>();

  public set(map: object, place: Place): void {
    PlacedMap.setPlace(map, place);
  }

  /** Gives `map` the location of `origin`. */
  public copy(map: object, origin: object): void {
    const place = PlacedMap.placeOf(origin);
    if (place !== undefined) PlacedMap.setPlace(map, place);
  }

  /** Records that `map` is `base` overridden by `over`. */
  public merge(map: object, base: object, over: object): void {
    const place = PlacedMap.placeOf(base) ?? PlacedMap.placeOf(over);
    if (place !== undefined) PlacedMap.setPlace(map, { ...place, merged: { base, over } });
  }

  /** Path of the file that contains `map`, or that provides the value of a key. */
  public fileOf(map: object, path?: KeyPath): string | undefined {
    const origin = path === undefined ? map : this.#origin(map, path)[0];
    return PlacedMap.placeOf(origin)?.file.path;
  }

  /** Location of `map`, of a key in it, or of an item in the list below the key. */
  public locationOf(map: object, path?: KeyPath): SourceLocation | undefined {
    const place = PlacedMap.placeOf(map);
    if (place === undefined) return undefined;
    if (path === undefined) return place.at ?? locationAt(place);
    const [origin, [key, item]] = this.#origin(map, path);
    const written = PlacedMap.placeOf(origin) ?? place;
    if (written.at !== undefined) return written.at;
    const { offsetOfPair } = yamlDocument();
    const pair = this.#pair(written, key);
    const offset = pair === undefined ? written.offset : offsetOfPair(pair, item);
    return locationAt({ file: written.file, offset });
  }

  /** Whether the value of `key` exists only for aliases: it or all values in it have an anchor. */
  public isAnchor(map: object, key: string): boolean {
    const place = PlacedMap.placeOf(map);
    if (place === undefined || place.at !== undefined) return false;
    return yamlDocument().isAnchored(this.#pair(place, key)?.value);
  }

  /** The source map that provides the value of a key. */
  #origin(map: object, path: KeyPath): [object, KeyPath] {
    const [key] = path;
    let [, item] = path;
    let at = map;
    for (;;) {
      const merged = PlacedMap.placeOf(at)?.merged;
      if (merged === undefined) return [at, item === undefined ? [key] : [key, item]];
      const { base, over } = merged as { base: ValueMap; over: ValueMap };
      const before = base[key];
      const isAppended = item !== undefined && Array.isArray(before);
      if (!Object.hasOwn(over, key)) at = base;
      else if (isAppended && (item ?? 0) < before.length) at = base;
      else {
        if (isAppended) item = (item ?? 0) - before.length;
        at = over;
      }
    }
  }

  #pair({ file, offset }: Place, key: string): Pair | undefined {
    const { documentOf, findPair } = yamlDocument();
    let document = this.#documents.get(file);
    if (document === undefined) {
      if (this.#documents.size >= 4) this.#documents.clear();
      document = documentOf(file.text);
      this.#documents.set(file, document);
    }
    return findPair(document, offset, key);
  }
}

/** Returns the object that it is given, so that a subclass adds its private fields to that. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- only a constructor can do that
class Given {
  public constructor(map: object) {
    return map;
  }
}

/** The place of a map, in the map itself. A weak map of many objects slows down the garbage collector. */
class PlacedMap extends Given {
  #place: Place;

  private constructor(map: object, place: Place) {
    super(map);
    this.#place = place;
  }

  public static setPlace(map: object, place: Place): void {
    if (#place in map) map.#place = place;
    else new PlacedMap(map, place);
  }

  public static placeOf(map: object): Place | undefined {
    return #place in map ? map.#place : undefined;
  }
}

/** Loads the YAML library, which most bundles need not have. */
function yamlDocument(): typeof import("./yaml-document") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require("./yaml-document") as typeof import("./yaml-document");
}
