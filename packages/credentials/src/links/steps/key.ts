import { kernelFaults, type Id } from "@castellan/kernel";
import { knownAuth } from "../../auth/known-auth.ts";
import { credentialFaults } from "../../faults.ts";
import type { LinkRequest } from "../../link.ts";
import { getPending, type Ground } from "../ground.ts";
import type { LinkVisitor } from "../links.ts";
import { storeAccount } from "./settle.ts";

const maxLength = 8192;
/** What a header can hold without being taken apart (RFC 9110 §5.5), and a key has no spaces within. */
const keyText = /^[\x21-\x7e]+$/;

/** Keeps what somebody entered. Whether the server takes it shows at the first call. */
export async function enterKey(
  ground: Ground,
  id: Id<"link">,
  visitor: LinkVisitor,
  entered: string,
): Promise<LinkRequest> {
  const { link, target } = await getPending(ground, id, visitor);
  if (knownAuth(target).kind !== "own_key" || link.owner.kind !== "person")
    throw credentialFaults.fault("link_refused", "This server takes no keys of its users");
  const key = entered.trim();
  if (key.length > maxLength || !keyText.test(key))
    throw kernelFaults.fault("invalid_input", "key must be one line of letters, digits and signs", {
      field: "key",
    });
  const given = { tokens: { kind: "key", key }, issuer: undefined, clientId: undefined, scopes: [] } as const;
  return storeAccount(ground, { link, target, visitor }, given);
}
