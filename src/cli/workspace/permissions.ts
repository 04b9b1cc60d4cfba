import type { Settings } from "@jobstrata/core/model";

/** A response of the Permissions API. */
export interface ApiPermissions {
  readonly access_control_list?: readonly {
    readonly user_name?: string;
    readonly group_name?: string;
    readonly service_principal_name?: string;
    readonly all_permissions?: readonly {
      readonly permission_level?: string;
      readonly inherited?: boolean;
    }[];
  }[];
}

/** The object's own entries, without inherited ones. */
export function ownEntries({ access_control_list: list = [] }: ApiPermissions): Settings[] {
  return list.flatMap(({ all_permissions: levels = [], ...who }) =>
    levels
      .filter(({ inherited }) => inherited !== true)
      .map(({ permission_level: level = "" }): Settings => ({
        permission_level: level,
        ...(who.user_name !== undefined && { user_name: who.user_name }),
        ...(who.group_name !== undefined && { group_name: who.group_name }),
        ...(who.service_principal_name !== undefined && {
          service_principal_name: who.service_principal_name,
        }),
      })),
  );
}
