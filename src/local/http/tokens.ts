import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A token that nobody can guess, in the form that the service gives to them. */
export const newToken = (): string => `dapi${randomBytes(24).toString("hex")}`;

const digest = (token: string): Buffer => createHash("sha256").update(token).digest();

/** Tokens that open something. How long it takes to look for one tells nothing about those that there are. */
export class Tokens {
  /** When each ends, by its digest. */
  readonly #known = new Map<Buffer, number>();

  readonly #limit: number;

  /** @param limit how many there may be; of more, the oldest are forgotten */
  public constructor(limit = Infinity) {
    this.#limit = limit;
  }

  /** @returns what forgets the token */
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

/** The token that a request bears, from its `Authorization` header. */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
