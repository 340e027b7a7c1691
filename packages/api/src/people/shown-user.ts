/** A person as the API shows them. */
import { directories, roles, userStatuses, type User } from "@castellan/access";
import { z } from "zod";
import { isoTime } from "../fields.ts";

export const shownUser = z
  .object({
    id: z.string(),
    directory: z.enum(directories),
    email: z.string(),
    name: z.string(),
    role: z.enum(roles),
    status: z.enum(userStatuses).describe("Whoever is suspended is let in nowhere"),
    groups: z.array(z.string()).describe("Names, whoever said that they are in them"),
    version: z.number(),
    createdAt: isoTime,
    updatedAt: isoTime,
    lastSignedInAt: isoTime.optional(),
  })
  .meta({ id: "User" });

export function toShownUser(user: User): z.input<typeof shownUser> {
  return { ...user, groups: [...user.groups] };
}
