/** Fields of a person, as an admin gives them. */
import { directories, roles } from "@castellan/access";
import { z } from "zod";
import { printable } from "../fields.ts";

export const directory = z.enum(directories).meta({
  description: "`workforce`: the company's own people; `customers`: those of its public products",
});

export const userFields = {
  email: z
    .email("must be an e-mail address")
    .max(254)
    .meta({ description: "Unique in the directory; kept in lower case" }),
  name: printable(128),
  role: z.enum(roles).meta({ description: "What they may do with the platform. Customers are members" }),
  groups: z.array(printable(128)).max(1000).meta({
    description: "Names of the groups that an admin puts them into; what a provider says of them stays",
  }),
};
