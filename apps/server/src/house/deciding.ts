/** How people are asked and told: requests for decisions, their pages, and notices. Who gets what, no logic. */
import { findActivePerson, findDeciders, proveGrant } from "@castellan/access";
import { approvalPath, createApprovalPages, createApprovals, type Approvals } from "@castellan/approvals";
import { isId, type Id } from "@castellan/kernel";
import { createNotices, type Notices } from "@castellan/notices";
import type { SignIn } from "@castellan/sign-in";
import type { Forms } from "@castellan/web";
import type { Hono } from "hono";
import type { Config } from "../config/settings.ts";
import { tellOfApprovals } from "./approval-notices.ts";
import type { Ground } from "./ground.ts";

export interface Deciding extends AsyncDisposable {
  readonly approvals: Approvals;
  readonly notices: Notices;
}

export function openDeciding(ground: Ground): Deciding {
  const { config, database, vault, clock, changes, outbound, publicUrl, onError } = ground;
  const opened = new AsyncDisposableStack();
  const notices = opened.use(
    createNotices({ database, vault, clock, changes, outbound, smtp: smtpSettings(config), onError }),
  );
  const approvals = opened.use(
    createApprovals({
      database,
      vault,
      clock,
      changes,
      people: { person: findActivePerson, deciders: findDeciders },
      notify: tellOfApprovals(notices, publicUrl),
      onError,
    }),
  );
  return { approvals, notices, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The page on which a request is seen and decided. */
export function approvalPage(publicUrl: string): (id: Id<"approval">) => string {
  return (id) => publicUrl + approvalPath(id);
}

export function decidingPages(
  { database, clock, publicUrl }: Ground,
  { approvals }: Deciding,
  { signIn, forms }: { readonly signIn: SignIn; readonly forms: Forms },
): Hono {
  return createApprovalPages({
    approvals,
    forms,
    clock,
    publicUrl,
    visitors: {
      async current(c) {
        const signedIn = await signIn.current(c);
        return signedIn && { person: signedIn.user, session: signedIn.session };
      },
      signInPath: signIn.signInPath,
    },
    proved: async (id, proof) => {
      if (isId("grant", id)) await proveGrant(database, id, proof);
    },
  });
}

function smtpSettings({ smtpServer, mailFrom, caFile }: Config) {
  if (smtpServer === undefined || mailFrom === undefined) return undefined;
  return { server: smtpServer, from: mailFrom, ...(caFile !== undefined && { caFile }) };
}
