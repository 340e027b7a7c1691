/**
 * Roles of the platform: what their holder may do with it, over the API. What somebody may do through a portal
 * is said by the portal's access rules, whatever their role.
 */
export const roles = ["owner", "admin", "auditor", "developer", "member"] as const;

export type Role = (typeof roles)[number];

/**
 * What an operation asks of whoever calls it.
 *
 * `use`: see and end what is one's own. `build`: read servers, portals and their definitions. `read`: read everything.
 * `manage`: change everything but who is an owner or admin. `own`: that, too.
 */
export const permissions = ["use", "build", "read", "manage", "own"] as const;

export type Permission = (typeof permissions)[number];

const permitted: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ["use", "build", "read", "manage", "own"],
  admin: ["use", "build", "read", "manage"],
  auditor: ["use", "build", "read"],
  developer: ["use", "build"],
  member: ["use"],
};

export function isPermitted(role: Role, permission: Permission): boolean {
  return permitted[role].includes(permission);
}
