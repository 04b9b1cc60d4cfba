import type { NotificationSpec, PrincipalSpec } from "../../model/job-spec";
import { type Json, objectsOf } from "../../model/json";
import { blocks, isPresent, optional, text, textOf } from "./blocks";

/** The owner of a job, from a bundle's `permissions` or the `access_control` of a `databricks_permissions`. */
export function readOwner(accessControl: unknown): PrincipalSpec | undefined {
  const entry = objectsOf(accessControl).find(
    ({ level, permission_level: terraform = level }) => terraform === "IS_OWNER",
  );
  return entry && principal(entry);
}

/** The principal of an entry. */
export function principal(names: Json): PrincipalSpec {
  // Plans and states have an empty string for unset names.
  const name = (key: string): string | undefined =>
    names[key] === "" ? undefined : textOf(names[key]);
  return {
    ...optional("servicePrincipal", name("service_principal_name")),
    ...optional("user", name("user_name")),
    ...optional("group", name("group_name")),
  };
}

/** Notification recipients by event and channel. */
export function notificationsOf(parent: Json): NotificationSpec[] {
  if (parent.email_notifications === undefined && parent.webhook_notifications === undefined)
    return [];
  return (["email", "webhook"] as const).flatMap((channel) =>
    blocks(parent, `${channel}_notifications`).flatMap((block) =>
      Object.entries(block).flatMap(([event, targets]): NotificationSpec[] => {
        if (!event.startsWith("on_") || !isPresent(targets)) return [];
        const all = Array.isArray(targets) ? (targets as unknown[]) : [targets];
        return [
          { event, channel, count: all.length, ...(channel === "email" && { to: all.map(text) }) },
        ];
      }),
    ),
  );
}
