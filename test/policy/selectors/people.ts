/** People who sign in, here or at their company, and let a client in at the portal; and those of a trusted issuer. */
import { createToken } from "@castellan/access";
import { startCompanyIdp, type CompanyIdp, type CompanyUser } from "@castellan/access/testing";
import { HttpBrowser } from "../../sign-in/http-browser.ts";
import { allow, registerClient, type OAuthClient } from "../../sign-in/oauth-client.ts";
import { makeAccount } from "../../sign-in/people.ts";
import type { SelectorScene, Way } from "./scene.ts";

export interface Somebody {
  readonly id: string;
  readonly browser: HttpBrowser;
}

/** Somebody with an account of this installation: a password and a second factor. They are signed in. */
export async function addLocal({ house }: SelectorScene, email: string, groups: string[]): Promise<Somebody> {
  const { id } = await house.api<{ id: string }>("POST", "/users", { email, name: email, groups });
  const link = await house.api<{ url: string }>("POST", `/users/${id}/invitations`, {});
  const browser = new HttpBrowser(house.url);
  await makeAccount(browser, link.url, email);
  return { id, browser };
}

/** Lets the client in as the page proposes. */
export async function letIn(
  { main }: SelectorScene,
  { browser }: Somebody,
  client: OAuthClient,
): Promise<Way> {
  const { url, redeem } = client.authorization();
  const { access } = await redeem(await allow(browser, await browser.open(url)));
  return { url: main, token: access };
}

export function addClient({ main }: SelectorScene, name: string): Promise<OAuthClient> {
  return registerClient(main, name);
}

/** The company's identity provider as `corp`, and its tokens as of `corp-tokens`; the claims `roles` and `level` are kept. */
export async function addCompany({
  house,
  main,
}: Pick<SelectorScene, "house" | "main">): Promise<CompanyIdp> {
  const idp = await startCompanyIdp();
  const { secret } = await createToken(
    house.database,
    { name: "owner", role: "owner", portals: [], createdBy: "test" },
    Date.now(),
  );
  const add = async (path: string, body: object) => {
    const answer = await fetch(`${house.url}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({
        issuer: idp.issuer,
        keptClaims: ["roles", "level"],
        claims: { groups: "groups" },
        createsUsers: true,
        allowPrivate: ["127.0.0.1"],
        ...body,
      }),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
  };
  const { clientId, clientSecret } = idp;
  await add("/providers", { slug: "corp", title: "Corp", clientId, clientSecret });
  await add("/trusted-issuers", { slug: "corp-tokens", audience: main });
  await house.api("PATCH", "/portals/main", { trustedIssuers: ["corp-tokens"] });
  idp.redirectUris.add(`${house.url}/sign-in/callback/corp`);
  return idp;
}

/** Somebody of the company who signs in there by these methods, and is signed in here by that. */
export async function comeFrom(
  idp: CompanyIdp,
  { house }: SelectorScene,
  { subject, amr, ...claims }: CompanyUser & { subject: string; amr: string[] },
): Promise<Somebody> {
  idp.users[subject] = { email: `${subject}@corp.example`, email_verified: true, name: subject, ...claims };
  idp.amr = amr;
  const browser = new HttpBrowser(house.url);
  const away = await browser.open("/sign-in/with/corp?to=/account");
  const shown = await browser.open(await idp.signIn(away.url, subject));
  if (shown.url.pathname !== "/account") throw new Error(`${subject} is not signed in: ${shown.text}`);
  const { items } = await house.api<{ items: { id: string; email: string }[] }>("GET", "/users");
  return { id: items.find(({ email }) => email === `${subject}@corp.example`)?.id ?? "", browser };
}

/** Somebody with an access token of the company, by one of its programs. */
export async function withTokenOf(
  idp: CompanyIdp,
  { main }: SelectorScene,
  { subject, ...claims }: CompanyUser & { subject: string },
): Promise<Way> {
  idp.users[subject] = { email: `${subject}@corp.example`, email_verified: true, name: subject, ...claims };
  return { url: main, token: await idp.accessToken(subject, main) };
}
