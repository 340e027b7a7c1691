/** What requests to servers are authorized with, and where people link accounts of their own. Who gets what, no logic. */
import { activeAmong, findActivePerson, giverOf, isPermitted, type UserPrincipal } from "@castellan/access";
import { callerOf } from "@castellan/calls";
import {
  createCredentials,
  createIdentityMetadata,
  createLinkPages,
  linkPage,
  linksPath,
  openIdentityPaths,
  serversPath,
  type Credentials,
  type CredentialsOptions,
} from "@castellan/credentials";
import type { Id } from "@castellan/kernel";
import {
  createAccountsOfPeople,
  createChoices,
  createPersonServers,
  type Choices,
  type PeopleParts,
  type PortalDirectory,
} from "@castellan/portal";
import type { SignIn } from "@castellan/sign-in";
import type { Forms } from "@castellan/web";
import type { Hono } from "hono";
import type { Ground } from "./ground.ts";
import { anywhere, type Rules } from "./rules.ts";

/** Paths where people are shown pages, failures too. */
export const linkPagePaths = [linksPath] as const;

/** Paths that anybody may read, from pages of any origin. */
export const linkOpenPaths = openIdentityPaths;

export interface Linking extends AsyncDisposable {
  readonly credentials: Credentials;
  readonly choices: Choices;
  /** For portals. */
  readonly people: PeopleParts;
  /** The page of a request to link an account: an absolute URL. */
  readonly pageOf: (id: Id<"link">) => string;
}

/** Who is told what, and where servers are found. */
export type LinkingParts = Pick<
  CredentialsOptions,
  "targetOf" | "onSharedFailing" | "onSecretRefused" | "clientMetadataUrl"
>;

export function openLinking(ground: Ground, parts: LinkingParts): Linking {
  const { database, vault, changes, clock, outbound, replica, publicUrl, onError } = ground;
  const opened = new AsyncDisposableStack();
  const credentials = opened.use(
    createCredentials({
      ...parts,
      database,
      vault,
      changes,
      clock,
      outbound,
      replica,
      onError,
      publicUrl: new URL(publicUrl),
      people: { activeAmong: (ids) => activeAmong(database, ids) },
    }),
  );
  const choices = opened.use(createChoices({ database, changes, clock, onError }));
  return {
    credentials,
    choices,
    people: {
      choices,
      accounts: createAccountsOfPeople(credentials.accounts),
      pageOfServers: publicUrl + serversPath(),
    },
    pageOf: (id) => linkPage(publicUrl, id),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export interface LinkPagesParts {
  readonly targetOf: CredentialsOptions["targetOf"];
  readonly directory: Pick<PortalDirectory, "list">;
  readonly rules: Pick<Rules, "policies">;
  readonly signIn: SignIn;
  readonly forms: Forms;
}

/** The pages, and the keys by which servers check who calls. */
export function linkPages(
  { database, clock, publicUrl }: Ground,
  { credentials, choices }: Linking,
  { targetOf, directory, rules, signIn, forms }: LinkPagesParts,
): Hono {
  const { links, accounts, oauth, identity } = credentials;
  const judgeOf = (person: UserPrincipal) => rules.policies.current().judge(callerOf(person), anywhere);
  const pages = createLinkPages<UserPrincipal>({
    links,
    accounts,
    oauth,
    choices,
    forms,
    clock,
    publicUrl,
    targetOf,
    visitors: {
      async current(c) {
        const signedIn = await signIn.current(c);
        return (
          signedIn && { person: await giverOf(database, signedIn, undefined), session: signedIn.session }
        );
      },
      signInPath: signIn.signInPath,
    },
    people: {
      ...createPersonServers({ database, directory, judgeOf, clock }),
      directoryOf: async (id) => (await findActivePerson(database, id))?.directory ?? "workforce",
      isAdmin: ({ role }) => isPermitted(role, "manage"),
    },
  });
  return pages.route("/", createIdentityMetadata(identity));
}
