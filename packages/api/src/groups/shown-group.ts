/** A group as the API shows it. Who is in it: `GET /users?group={name}`. */
import { directories, type Group } from "@castellan/access";
import { z } from "zod";
import { isoTime, printable } from "../fields.ts";

export const shownGroup = z
  .object({
    id: z.string(),
    directory: z.enum(directories),
    name: z.string(),
    description: z.string(),
    members: z.number().describe("How many people are in it"),
    version: z.number().describe("Of name and description; who is in it does not change it"),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: "Group" });

export function toShownGroup(group: Group): z.input<typeof shownGroup> {
  return { ...group };
}

export const groupFields = {
  name: printable(128).meta({ description: "Unique in the directory; upper and lower case differ" }),
  description: printable(1000, 0),
};
