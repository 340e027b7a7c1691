import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Role } from "../roles.ts";
import type { Directory, User, UserStatus } from "./user.ts";

/** A row of `users` as `userColumns` selects it. */
export interface UserRow {
  readonly id: Id<"user">;
  readonly directory: Directory;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly status: UserStatus;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly last_signed_in_at: Date | null;
  readonly groups: string[];
}

/** Of `users`, under that name. A group counts once, whoever said that they are in it. */
export const userColumns = sql`
  users.id, users.directory, users.email, users.name, users.role, users.status, users.version,
  users.created_at, users.updated_at, users.last_signed_in_at,
  array(select distinct groups.name collate "C"
          from memberships join groups on groups.id = memberships.group_id
         where memberships.user_id = users.id order by 1) as groups`;

export function toUser(row: UserRow): User {
  const { id, directory, email, name, role, status, version, groups } = row;
  return {
    id,
    directory,
    email,
    name,
    role,
    status,
    groups,
    version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastSignedInAt: row.last_signed_in_at ?? undefined,
  };
}
