import * as z from "zod";
import { invalidParameter } from "../api-error";
import type { Documents } from "../store/documents";
import { integer } from "./route";

const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;

/** Query parameters of a paged list. */
export const pageQuery = {
  /** Maximum entries in the response. 0 means the default, 20; values above 100 mean 100. */
  page_size: integer.optional(),
  /** The `next_page_token` of the previous page. */
  page_token: z
    .union([z.literal(""), z.string().regex(/^\d{1,15}$/, "is not a token of a page before")])
    .optional(),
};

/** One page of documents, with the token of the next page if there is one. */
export function pageOf<T extends { readonly id: string }>(
  documents: Documents<T>,
  query: { page_size?: number | undefined; page_token?: string | undefined },
): { page: T[]; next: { next_page_token?: string } } {
  const asked = query.page_size ?? 0;
  if (asked < 0) throw invalidParameter(`page_size must not be negative (got ${asked}).`);
  const size = asked === 0 ? DEFAULT_PAGE : Math.min(asked, MAX_PAGE);
  const found = documents.page(Number(query.page_token ?? 0), size + 1);
  const page = found.slice(0, size);
  const last = page.at(-1);
  return {
    page: page.map(({ document }) => document),
    next:
      found.length > size && last !== undefined ? { next_page_token: String(last.position) } : {},
  };
}
