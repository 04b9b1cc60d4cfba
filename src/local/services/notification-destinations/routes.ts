import { randomUUID } from "node:crypto";
import * as z from "zod";
import { type ApiError, doesNotExist, invalidParameter } from "../../api-error";
import { object } from "../../schema/shape";
import type { Store } from "../../store";
import { pageOf, pageQuery } from "../../http/paging";
import { get, post, type Route, send } from "../../http/route";
import type { DestinationRecord } from "./store";

/**
 * The kinds of destination. `enough` lists alternative sets of required fields; `secrets` lists the fields that are
 * never returned.
 */
const KINDS = {
  email: { type: "EMAIL", secrets: [], enough: [["addresses"]] },
  generic_webhook: {
    type: "WEBHOOK",
    secrets: ["url", "username", "password"],
    enough: [["url"]],
  },
  microsoft_teams: {
    type: "MICROSOFT_TEAMS",
    secrets: ["url", "app_id", "auth_secret", "channel_url", "tenant_id"],
    enough: [["url"], ["app_id", "auth_secret", "channel_url", "tenant_id"]],
  },
  pagerduty: { type: "PAGERDUTY", secrets: ["integration_key"], enough: [["integration_key"]] },
  slack: {
    type: "SLACK",
    secrets: ["url", "oauth_token", "channel_id"],
    enough: [["url"], ["oauth_token", "channel_id"]],
  },
} as const;
type Kind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as Kind[];

// Check the type only: the message of any other check would quote the value.
const confidential = (kind: Kind): z.ZodType<Record<string, unknown>> =>
  object(
    Object.fromEntries(
      KINDS[kind].secrets.flatMap((field) => [
        [field, z.string().optional()],
        // Clients send this back with a configuration that they read.
        [`${field}_set`, z.boolean().optional()],
      ]),
    ),
  );

const config = object({
  email: object({
    addresses: z
      .array(z.string().regex(/^[^\s@]+@[^\s@]+$/, "is not an email address"))
      .min(1, "must name at least one address"),
  }).optional(),
  generic_webhook: confidential("generic_webhook").optional(),
  microsoft_teams: confidential("microsoft_teams").optional(),
  pagerduty: confidential("pagerduty").optional(),
  slack: confidential("slack").optional(),
});
const displayName = z.string().regex(/\S/, "must not be empty");

/** Notification destinations. */
export function destinationRoutes(store: Store): Route[] {
  const load = (id: string): DestinationRecord => {
    const found = store.destinations.get(id);
    if (found === undefined) throw destinationNotFound(id);
    return found;
  };
  const save = (destination: DestinationRecord): DestinationRecord => {
    store.destinations.put(destination, destination.display_name);
    return destination;
  };

  return [
    post(
      "notification-destinations",
      ["2.0"],
      object({ config, display_name: displayName }),
      ({ body }) =>
        save({ id: randomUUID(), display_name: body.display_name, ...configured(body.config) }),
    ),

    get("notification-destinations", ["2.0"], object(pageQuery), ({ query }) => {
      const { page, next } = pageOf(store.destinations, query);
      const results = page.map(({ id, display_name, destination_type }) => ({
        id,
        display_name,
        destination_type,
      }));
      return { results, ...next };
    }),

    get("notification-destinations/*", ["2.0"], object({}), ({ wildcard }) => load(wildcard)),

    send(
      "PATCH",
      "notification-destinations/*",
      ["2.0"],
      object({ config: config.optional(), display_name: displayName.optional() }),
      ({ wildcard, body }) => {
        const before = load(wildcard);
        if (body.config === undefined && body.display_name === undefined)
          throw invalidParameter("An update must have at least one of config, display_name.");
        const changes = body.config === undefined ? before : configured(body.config);
        const type = changes.destination_type;
        if (type !== before.destination_type)
          throw invalidParameter(
            `The type of a notification destination cannot be changed: ${before.id} is of type ${before.destination_type}, not ${type}.`,
          );
        const { display_name = before.display_name } = body;
        return save({ ...changes, id: before.id, display_name });
      },
    ),

    send("DELETE", "notification-destinations/*", ["2.0"], object({}), ({ wildcard }) => {
      store.destinations.delete(load(wildcard).id);
    }),
  ];
}

const destinationNotFound = (id: string): ApiError =>
  doesNotExist(`Notification destination with ID '${id.slice(0, 100)}' does not exist.`);

/**
 * The part of a configuration to store, without secrets.
 * @throws {ApiError} unless the configuration is of exactly one kind and complete; the message never quotes a value
 */
function configured(
  given: z.infer<typeof config>,
): Pick<DestinationRecord, "destination_type" | "config"> {
  const kinds = KIND_NAMES.filter((name) => given[name] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const got = kinds.length === 0 ? "none is set" : `${kinds.join(" and ")} are set`;
    throw invalidParameter(`config must have exactly one of ${KIND_NAMES.join(", ")}; ${got}.`);
  }
  const { type, secrets, enough } = KINDS[kind];
  const fields: Record<string, unknown> = given[kind] ?? {};
  const set = secrets.filter((field) => fields[field] !== undefined);
  for (const field of set) {
    if (fields[field] === "") throw invalidParameter(`config.${kind}.${field} must not be empty.`);
    if (field.endsWith("url") && !isHttps(fields[field]))
      throw invalidParameter(`config.${kind}.${field} must be a URL that starts with https://.`);
  }
  if (!enough.some((needed) => needed.every((field) => fields[field] !== undefined))) {
    const needed = enough.map((names) => names.join(" and ")).join(", or ");
    throw invalidParameter(`config.${kind} must have ${needed}.`);
  }
  const kept =
    kind === "email" ? fields : Object.fromEntries(set.map((field) => [`${field}_set`, true]));
  return { destination_type: type, config: { [kind]: kept } };
}

const isHttps = (url: unknown): boolean =>
  typeof url === "string" && /^https:\/\/./i.test(url) && URL.canParse(url);
