/** From where an admin asks about: nothing said is a connection of which nothing is known. */
import type { Connection } from "@castellan/policy";
import { z } from "zod";
import { printable, slug } from "../fields.ts";
import type { ApiPorts } from "../ports.ts";

export const askedConnection = z
  .strictObject({
    address: z.union([z.ipv4(), z.ipv6()]).optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, "must be two capital letters of ISO 3166-1, or ZZ")
      .optional()
      .meta({ description: "Absent: that of the address" }),
    certificate: z
      .strictObject({ commonName: printable(256).optional() })
      .optional()
      .meta({ description: "A client certificate that was checked" }),
    postures: z
      .record(slug, z.boolean())
      .optional()
      .meta({ description: "What evaluators say, by slug; absent: not known" }),
  })
  .meta({ id: "AskedConnection" });

export function toConnection(
  { address = "", country, certificate, postures = {} }: z.output<typeof askedConnection>,
  { countryOf }: Pick<ApiPorts, "countryOf">,
): Connection {
  return {
    address,
    country: country ?? countryOf(address),
    certificate: certificate && { commonName: certificate.commonName, fingerprint: "0".repeat(64) },
    postures,
  };
}
