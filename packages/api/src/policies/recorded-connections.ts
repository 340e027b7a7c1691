/** How recorded calls reached us, as rules look at it. */
import type { RecordedCall } from "@castellan/audit";
import type { Connection } from "@castellan/policy";
import { RecentMap } from "@castellan/web";
import type { ApiPorts } from "../ports.ts";

// Those who called lately call again from there; strangers are as many as they like.
const maxKept = 1_000;

export function createRecordedConnections({ countryOf }: Pick<ApiPorts, "countryOf">) {
  const known = new RecentMap<string, Connection>(maxKept);
  return {
    /** Certificates and what evaluators said are not recorded. */
    of({ clientAddress: address = "", country }: RecordedCall): Connection {
      const key = `${country ?? ""} ${address}`;
      let connection = known.get(key);
      if (connection === undefined) {
        connection = {
          address,
          country: country ?? countryOf(address),
          certificate: undefined,
          postures: {},
        };
        known.set(key, connection);
      }
      return connection;
    },
  };
}
