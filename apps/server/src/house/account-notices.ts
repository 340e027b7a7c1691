/** What admins and programs are told when what an admin gave for all does not work at a server any more, in words. */
import { findAdminEmails } from "@castellan/access";
import { serversPath, type Account, type SecretRefuser, type Target } from "@castellan/credentials";
import type { Queryable } from "@castellan/database";
import type { Notice, Notices } from "@castellan/notices";
import { moment } from "@castellan/web";
import { told } from "./told.ts";

const maxAdmins = 100;

export interface AccountNoticesOptions {
  readonly notices: Pick<Notices, "send">;
  readonly publicUrl: string;
  readonly targetOf: (id: string) => Target | undefined;
}

/** What credentials are given as `onSharedFailing`: told once, until the account works again. */
export function tellOfSharedAccounts({ notices, publicUrl, targetOf }: AccountNoticesOptions) {
  return async (tx: Queryable, account: Account): Promise<void> => {
    const target = targetOf(account.targetId);
    // A server that goes takes its account along.
    if (!target) return;
    const emails = await findAdminEmails(tx, maxAdmins);
    await notices.send(tx, sharedAccountNotice({ account, target, emails, publicUrl }));
  };
}

export interface FailedAccount {
  readonly account: Account;
  readonly target: Pick<Target, "slug" | "title">;
  readonly emails: readonly string[];
  readonly publicUrl: string;
}

export function sharedAccountNotice({ account, target, emails, publicUrl }: FailedAccount): Notice {
  const url = publicUrl + serversPath();
  const { issuer, state, reason, failure, wantedScopes, linkedBy, linkedAt } = account;
  return {
    kind: "credential.failed",
    emails,
    letter: {
      subject: `The shared sign-in at ${told(target.title)} does not work any more`,
      lines: [
        whatToDo(account, target.slug),
        [
          `Server: ${target.slug}`,
          ...(issuer === undefined ? [] : [`Authorization server: ${told(issuer)}`]),
          `Signed in: ${told(linkedBy)}, ${moment(linkedAt)}`,
          `What is wrong: ${told(whatIsWrong(account))}`,
        ].join("\n"),
      ],
      link: { label: "Look at the servers", url },
    },
    data: {
      server: target.slug,
      url,
      account: {
        id: account.id,
        issuer,
        state,
        reason,
        failure: failure && { code: failure.code, message: failure.message, at: failure.at },
        wantedScopes,
        linkedBy,
        linkedAt,
      },
    },
  };
}

function whatIsWrong({ state, reason, failure, wantedScopes }: Account): string {
  if (state === "linked" && wantedScopes.length > 0) return `it lacks the scopes ${wantedScopes.join(" ")}`;
  return failure?.message ?? reason ?? state;
}

function whatToDo({ state, failure, wantedScopes }: Account, slug: string): string {
  if (failure?.code === "upstream_client_refused")
    return `The authorization server refuses this installation as its client, so nobody can sign in at ${slug}. Give it the secret of now, or another client: castellan server edit ${slug} --client-secret-file FILE`;
  if (state === "needs_sign_in")
    return `What was signed in with is refused for good. Until somebody signs in again, the lists of ${slug} are those of the last good reading, and calls that are made with it fail: castellan server login ${slug}`;
  // A stranger's words are no part of a command that somebody may copy.
  if (wantedScopes.length > 0)
    return `The server wants more than was allowed at the sign-in, so some calls that are made with it fail. Sign in again with each scope below that it shall have: castellan server login ${slug} --scope SCOPE`;
  return `It could not be renewed many times in a row. It is tried again by itself; if it goes on, sign in again: castellan server login ${slug}`;
}

/** What credentials are given as `onSecretRefused`: told once for a secret, until it works again. */
export function tellOfRefusedSecrets({ notices, publicUrl }: Omit<AccountNoticesOptions, "targetOf">) {
  return async (tx: Queryable, target: Target, by: SecretRefuser): Promise<void> => {
    const emails = await findAdminEmails(tx, maxAdmins);
    await notices.send(tx, refusedSecretNotice({ target, by, emails, publicUrl }));
  };
}

export interface RefusedSecretFacts {
  readonly target: Pick<Target, "slug" | "title" | "auth">;
  readonly by: SecretRefuser;
  readonly emails: readonly string[];
  readonly publicUrl: string;
}

export function refusedSecretNotice({ target, by, emails, publicUrl }: RefusedSecretFacts): Notice {
  const url = publicUrl + serversPath();
  const { slug, title, auth } = target;
  const who = by === "target" ? "The server" : "The authorization server of it";
  return {
    kind: "credential.failed",
    emails,
    letter: {
      subject: `${told(title)} does not take what it is called with any more`,
      lines: [
        `${who} refuses what it is given for all, so calls to ${slug} fail. Look whether the secret still holds, and give another one if not: castellan server edit ${slug}`,
        [`Server: ${slug}`, `Auth: ${auth.kind}`].join("\n"),
      ],
      link: { label: "Look at the servers", url },
    },
    data: { server: slug, url, auth: auth.kind, refusedBy: by },
  };
}
