import type { OutgoingHttpHeaders } from "node:http";
import type { Middleware } from "../exchange";
import { fail, write } from "../messages";

/** Sends the response or error of the later steps. @param headers of every response */
export const sendAnswer =
  (headers: OutgoingHttpHeaders): Middleware =>
  async (exchange, next) => {
    const { response } = exchange;
    try {
      await next();
      const { answer } = exchange;
      if (answer !== undefined) write(response, answer.status, answer, headers);
    } catch (error) {
      fail(response, error);
    }
  };

/** Persists changes before the response acknowledges them. */
export const settleFirst =
  (settle: () => void): Middleware =>
  async (_exchange, next) => {
    await next();
    settle();
  };
