import { createServer, type OutgoingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { JobstrataError } from "@jobstrata/core/errors";
import type { Faults } from "../faults";
import { compose, exchangeOf } from "./exchange";
import { sendAnswer, settleFirst } from "./middleware/answer";
import { readWholeBody } from "./middleware/body";
import { injectFaults } from "./middleware/faults";
import { checkHost } from "./middleware/host";
import { Login } from "./middleware/login";
import { serveSite, type Site } from "./middleware/site";
import { Router } from "./router";

/** Idle timeout of a client; milliseconds. */
const REQUEST_TIMEOUT = 30_000;

export const LOOPBACK = "127.0.0.1";

/** Accepts authenticated requests from this machine only. */
export class LocalServer {
  public readonly router = new Router();
  readonly #login: Login;
  #site: Site | undefined;
  readonly #server: Server;
  #hosts: ReadonlySet<string> = new Set();

  /**
   * @param token the owner's token, which gives access to everything
   * @param settle called before every response, to persist what it acknowledges
   * @param headers of every response
   */
  public constructor(
    token: string,
    faults: Faults,
    settle: () => void,
    headers: OutgoingHttpHeaders = {},
  ) {
    this.#login = new Login(token);
    const serve = compose([
      sendAnswer(headers),
      checkHost(() => this.#hosts),
      serveSite(() => this.#site),
      this.#login.check,
      readWholeBody,
      injectFaults(faults),
      settleFirst(settle),
      this.router.dispatch,
    ]);
    this.#server = createServer({ requestTimeout: REQUEST_TIMEOUT }, (request, response) => {
      void serve(exchangeOf(request, response));
    });
  }

  /** Creates a token for `/api` only, valid until revoked. */
  public grantToken(): { token: string; revoke: () => void } {
    return this.#login.grant();
  }

  /** Passes requests outside the API to a site. */
  public mount(site: Site): void {
    this.#site = site;
  }

  /** Starts to listen. @param port 0 means any free port */
  public async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => {
        this.#server.off("listening", resolve);
        const why =
          error.code === "EADDRINUSE"
            ? `port ${port} is in use; choose another one with --port`
            : `cannot listen on port ${port}: ${error.message}`;
        reject(new JobstrataError("local-workspace", why));
      };
      this.#server.once("error", refuse);
      this.#server.once("listening", () => {
        this.#server.off("error", refuse);
      });
      this.#server.once("listening", resolve);
      this.#server.listen(port, LOOPBACK);
    });
    const { port: actual } = this.#server.address() as AddressInfo;
    this.#hosts = new Set([`${LOOPBACK}:${actual}`, `localhost:${actual}`]);
    return actual;
  }

  /** Stops accepting requests and waits for active ones. */
  public async close(): Promise<void> {
    this.#site?.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeIdleConnections();
      // A client that is still connected after this does not wait for a response.
      setTimeout(() => {
        this.#server.closeAllConnections();
      }, 500).unref();
    });
  }
}
