/** From a request to how it reached us, as far as that is known without asking anybody. */
import { clientAddress, clientCertificate } from "@castellan/web";
import type { Connection } from "../facts/facts.ts";
import type { Countries } from "./countries.ts";

type Context = Parameters<typeof clientAddress>[0];

/** What evaluators say is not in it yet: `Postures` adds that where a rule wants it. */
export function createConnectionOf(countries: Countries): (c: Context) => Connection {
  return (c) => {
    const address = clientAddress(c);
    return {
      address,
      country: countries.of(address),
      certificate: clientCertificate(c),
      postures: {},
    };
  };
}
