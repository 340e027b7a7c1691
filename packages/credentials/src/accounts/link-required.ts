/** What somebody is told who has to sign in, or to wait. */
import type { Fault } from "@castellan/kernel";
import { credentialFaults } from "../faults.ts";
import type { LinkReason } from "../link.ts";
import type { Target } from "../target.ts";
import type { Holding } from "./account-row.ts";

/** `link_required` with `data: { server, reason, scopes? }`. */
export function linkRequired(
  { slug, title }: Pick<Target, "slug" | "title">,
  reason: LinkReason,
  scopes?: readonly string[],
): Fault {
  return credentialFaults.fault("link_required", `${sentences[reason]} ${title}`, {
    data: { server: slug, reason, ...(scopes && { scopes: [...scopes] }) },
  });
}

const sentences: Readonly<Record<LinkReason, string>> = {
  not_linked: "You have to sign in at",
  needs_sign_in: "You have to sign in again at",
  scope: "You have to allow more at",
};

/** What has expired cannot be renewed now. `data: { server, retryAt }`, an ISO time. */
export function unavailable({ slug, title }: Target, { account, retryAt }: Holding): Fault {
  const data = { server: slug, ...(retryAt && { retryAt: retryAt.toISOString() }) };
  if (account.failure?.code === "upstream_client_refused")
    return credentialFaults.fault(
      "upstream_client_refused",
      `The authorization server of ${title} refuses this installation's client`,
      { data },
    );
  return credentialFaults.fault(
    "credentials_unavailable",
    `The sign-in at ${title} has to be renewed, and its authorization server fails`,
    { data },
  );
}
