import type { OutgoingHttpHeaders } from "node:http";
import type { Middleware } from "../exchange";
import { fail, write } from "../messages";

/** Sends what the steps after it come to: an answer or an error. @param headers of every answer */
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

/** Nothing is acknowledged that is not kept. */
export const settleFirst =
  (settle: () => void): Middleware =>
  async (_exchange, next) => {
    await next();
    settle();
  };
