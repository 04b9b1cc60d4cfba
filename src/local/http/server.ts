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

/** Accepts requests from this machine only, and only with a token. */
export class LocalServer {
  public readonly router = new Router();
  readonly #login: Login;
  #site: Site | undefined;
  readonly #server: Server;
  #hosts: ReadonlySet<string> = new Set();

  /**
   * @param token what the owner of the workspace bears: everything is open to it
   * @param settle called before every answer, so that nothing is acknowledged that is not kept
   * @param headers of every answer
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

  /** A further token, for everything under `/api` and nothing else, until it is revoked. */
  public grantToken(): { token: string; revoke: () => void } {
    return this.#login.grant();
  }

  /** Leaves to a site what is not of the API. */
  public mount(site: Site): void {
    this.#site = site;
  }

  /** Starts to listen. @param port 0 means any that is free */
  public async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => {
        this.#server.off("listening", resolve);
        const why = error.code === "EADDRINUSE" ? `port ${port} is in use` : error.message;
        reject(new JobstrataError("local-workspace", `The local workspace cannot listen: ${why}.`));
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

  /** Accepts no more requests, and lets active ones end. */
  public async close(): Promise<void> {
    this.#site?.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeIdleConnections();
      // A client that keeps a connection busy longer than this does not wait for an answer.
      setTimeout(() => {
        this.#server.closeAllConnections();
      }, 500).unref();
    });
  }
}
