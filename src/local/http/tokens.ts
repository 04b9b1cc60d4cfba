import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A random token in Databricks' format. */
export const newToken = (): string => `dapi${randomBytes(24).toString("hex")}`;

const digest = (token: string): Buffer => createHash("sha256").update(token).digest();

/** A set of tokens. Lookups take constant time, so that timing reveals nothing about valid tokens. */
export class Tokens {
  /** Expiry times by digest of the token. */
  readonly #known = new Map<Buffer, number>();

  readonly #limit: number;

  /** @param limit maximum number of tokens; beyond it, the oldest are dropped */
  public constructor(limit = Infinity) {
    this.#limit = limit;
  }

  /** @returns a function that removes the token */
  public add(token: string, until = Infinity): () => void {
    const added = digest(token);
    this.#known.set(added, until);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#limit && oldest !== undefined) this.#known.delete(oldest);
    return () => {
      this.#known.delete(added);
    };
  }

  public has(token: string): boolean {
    return this.#find(token) !== undefined;
  }

  /** Consumes a token. Returns false if it is unknown or has expired. */
  public take(token: string, now: number): boolean {
    const found = this.#find(token);
    if (found === undefined) return false;
    const until = this.#known.get(found) ?? 0;
    this.#known.delete(found);
    return now < until;
  }

  #find(token: string): Buffer | undefined {
    const asked = digest(token);
    return [...this.#known.keys()].find((known) => timingSafeEqual(asked, known));
  }
}

/** The bearer token of an `Authorization` header. */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
