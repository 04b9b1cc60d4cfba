import { EventSourceParserStream } from "eventsource-parser/stream";
import type {
  PageActions,
  PageError,
  PageEvents,
  PageSession,
  PageStarted,
} from "../../model/page-answers";

const TOKEN = "jobstrata.token";
/** Maximum silence of a working stream; milliseconds. The server sends a heartbeat every 15 s. */
const SILENCE = 40_000;
/** Delays between attempts to reach the server; milliseconds. */
const PAUSES = [500, 1000, 2000, 5000];

/** A request that the server rejected. */
export class PageFailure extends Error {
  public constructor(
    message: string,
    public readonly status: number,
  ) {
    super(message);
  }

  /** True if a new link is needed. */
  public get loggedOut(): boolean {
    return this.status === 401;
  }
}

/** Handlers of workspace events. */
export type EventHandlers = {
  readonly [Name in keyof PageEvents]: (data: PageEvents[Name]) => void;
} & {
  /** Called when the stream breaks, with the server's message; another attempt follows. */
  readonly broken: (problem: string | undefined) => void;
  /** Called when a new link is needed. */
  readonly loggedOut: () => void;
};

/** Client of the page's server. */
export class PageClient {
  readonly #token: string;

  private constructor(token: string) {
    this.#token = token;
  }

  /** Logs in with the link's code, or with the token stored for this tab. Undefined without either. */
  public static async open(): Promise<PageClient | undefined> {
    const [, code, place = ""] = /^#code=([^#]+)(#.*)?$/.exec(location.hash) ?? [];
    if (code !== undefined) {
      // Remove the used code from the URL and keep the place in the page after it.
      history.replaceState(null, "", location.pathname + place);
      const { token } = (await ask("/page/session", { body: { code } })) as PageSession;
      sessionStorage.setItem(TOKEN, token);
    }
    const token = sessionStorage.getItem(TOKEN);
    return token === null ? undefined : new PageClient(token);
  }

  /** @throws {PageFailure} */
  public async get<T>(path: string): Promise<T> {
    return (await ask(`/page/${path}`, { token: this.#token })) as T;
  }

  /** @throws {PageFailure} */
  public async act<Name extends keyof PageActions>(
    name: Name,
    body: PageActions[Name],
  ): Promise<Partial<PageStarted>> {
    return (await ask(`/page/${name}`, { token: this.#token, body })) as Partial<PageStarted>;
  }

  /** Follows events until `signal` aborts. */
  public async follow(handlers: EventHandlers, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      let problem: string | undefined;
      try {
        await this.#followOnce(handlers, signal, () => (attempt = 0));
      } catch (error) {
        if (error instanceof PageFailure && error.loggedOut) {
          handlers.loggedOut();
          return;
        }
        if (error instanceof PageFailure) problem = error.message;
      }
      if (!isOver(signal)) handlers.broken(problem);
      await pause(PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 0);
    }
  }

  async #followOnce(
    handlers: EventHandlers,
    signal: AbortSignal,
    onEvent: () => void,
  ): Promise<void> {
    const broken = new AbortController();
    let timer = 0;
    const heard = (): void => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        broken.abort();
      }, SILENCE);
    };
    heard();
    try {
      const response = await fetch("/page/events", {
        headers: { Authorization: `Bearer ${this.#token}` },
        signal: AbortSignal.any([signal, broken.signal]),
      });
      if (!response.ok) throw await failureOf(response);
      const events = response.body
        ?.pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream({ onComment: heard }))
        .getReader();
      for (;;) {
        const { value } = (await events?.read()) ?? {};
        if (value === undefined) return;
        heard();
        onEvent();
        const name = value.event as keyof PageEvents | undefined;
        const handler = name === undefined ? undefined : handlers[name];
        handler?.(JSON.parse(value.data) as never);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

// A function, because the compiler assumes that `aborted` does not change during an await.
const isOver = (signal: AbortSignal): boolean => signal.aborted;

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

async function ask(
  path: string,
  { token, body }: { readonly token?: string; readonly body?: unknown },
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "Content-Type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch {
    throw new PageFailure("The local workspace does not answer.", 0);
  }
  if (!response.ok) throw await failureOf(response);
  return response.json();
}

async function failureOf(response: Response): Promise<PageFailure> {
  const { status, statusText } = response;
  try {
    const { message } = (await response.json()) as PageError;
    return new PageFailure(message, status);
  } catch {
    return new PageFailure(statusText, status);
  }
}
