/** A token and its expiry. */
export interface Token {
  readonly value: string;
  /** Milliseconds since 1970; absent if unknown. */
  readonly expiresAt?: number;
  /** Additional request headers for the token. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Provides the headers of requests. */
export interface TokenSource {
  headers(): Promise<Readonly<Record<string, string>>>;
  renew(): boolean;
}

/** A token is replaced this long before it expires, or a tenth of its lifetime if that is shorter; milliseconds. */
const BEFORE_END = 300_000;

/** Fetches a token on demand, once for concurrent callers, and replaces it before it expires. */
export class FetchedToken implements TokenSource {
  #token: Token | undefined;
  #fetchedAt = 0;
  #fetching: Promise<Token> | undefined;

  readonly #fetchToken: () => Promise<Token>;

  public constructor(fetchToken: () => Promise<Token>) {
    this.#fetchToken = fetchToken;
  }

  public async headers(): Promise<Readonly<Record<string, string>>> {
    const token = this.#isFresh() && this.#token !== undefined ? this.#token : await this.#fetch();
    return { Authorization: `Bearer ${token.value}`, ...token.headers };
  }

  public renew(): boolean {
    this.#token = undefined;
    return true;
  }

  #isFresh(): boolean {
    const expiresAt = this.#token?.expiresAt;
    if (this.#token === undefined) return false;
    if (expiresAt === undefined) return true;
    const margin = Math.min(BEFORE_END, (expiresAt - this.#fetchedAt) / 10);
    return Date.now() < expiresAt - margin;
  }

  async #fetch(): Promise<Token> {
    this.#fetching ??= this.#fetchToken().finally(() => (this.#fetching = undefined));
    const token = await this.#fetching;
    this.#fetchedAt = Date.now();
    this.#token = token;
    return token;
  }
}
