/**
 * A company at work: its people are at an identity provider, which an installation sends them to; two of the examples
 * stand behind a portal, and rules say who may use what. All a client is told is the portal's address.
 */
import { createHash } from "node:crypto";
import { createToken } from "@castellan/access";
import { startCompanyIdp, type CompanyIdp } from "@castellan/access/testing";
import { sql } from "@castellan/database";
import { vi } from "vitest";
import { startChromium } from "../../harness/chromium.ts";
import { startTestHouse, type TestHouse, type TestHouseOptions } from "../../harness/house.ts";
import { toRegistration } from "../../harness/registration.ts";
import { startExample } from "../../harness/upstreams.ts";
import { createVisitor, type Visitor } from "./visitor.ts";

export interface Company extends AsyncDisposable {
  readonly house: TestHouse;
  /** Ada is of the group `engineering` there, Bob of `sales`. */
  readonly idp: CompanyIdp;
  /** Everyone may look things up; `engineering` may change and delete objectives as well. */
  readonly portal: string;
  /** Somebody with a browser of their own. */
  newVisitor(): Promise<Visitor>;
}

export const portalSlug = "work";

/** So short that a test sees it pass, and that the examples keep idle connections open for longer. */
export const accessTokenSeconds = 3;

export interface CompanyOptions extends TestHouseOptions {
  /** Whether people sign in at the identity provider; otherwise they have accounts here. Default true. */
  readonly hasProvider?: boolean;
}

export async function startCompany({
  hasProvider = true,
  ...options
}: CompanyOptions = {}): Promise<Company> {
  await using opened = new AsyncDisposableStack();
  const idp = opened.use(await startCompanyIdp());
  const house = opened.use(
    await startTestHouse({
      hostname: "localhost",
      ...options,
      config: { accessTokenSeconds, ...options.config },
    }),
  );
  for (const name of ["okrs", "invoices"] as const) {
    const example = opened.use(await startExample(name));
    await house.api("POST", "/servers", toRegistration(name, example.url));
  }
  await house.api("POST", "/groups", { name: "engineering" });
  await house.api("POST", "/portals", {
    slug: portalSlug,
    title: "Work",
    servers: ["okrs", "invoices"],
    access: [
      { who: "everyone", classes: ["read"] },
      { who: "group:engineering", classes: ["write", "destructive"], servers: ["okrs"] },
    ],
  });
  // Where somebody lands who names no portal at all.
  await house.api("POST", "/portals", {
    slug: "default",
    servers: ["invoices"],
    access: [{ who: "everyone", classes: ["read"] }],
  });
  if (hasProvider) await addProvider(house, idp);
  const chromium = opened.use(await startChromium());
  const owned = opened.move();
  return {
    house,
    idp,
    portal: `${house.url}/p/${portalSlug}/mcp`,
    async newVisitor() {
      const visitor = await createVisitor(chromium.browser, { houseUrl: house.url, idpUrl: idp.issuer });
      owned.defer(() => visitor.context.close());
      return visitor;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** An owner says who is to be believed about people. */
async function addProvider({ url, database }: TestHouse, idp: CompanyIdp): Promise<void> {
  const owner = await createToken(
    database,
    { name: "owner", role: "owner", portals: [], createdBy: "test" },
    Date.now(),
  );
  const answer = await fetch(`${url}/api/v1/providers`, {
    method: "POST",
    headers: { authorization: `Bearer ${owner.secret}`, "content-type": "application/json" },
    body: JSON.stringify({
      slug: "corp",
      title: "Corp",
      issuer: idp.issuer,
      clientId: idp.clientId,
      clientSecret: idp.clientSecret,
      claims: { groups: "groups" },
      createsUsers: true,
      allowPrivate: ["127.0.0.1"],
    }),
  });
  if (!answer.ok) throw new Error(`The provider was answered ${answer.status} ${await answer.text()}`);
  idp.redirectUris.add(`${url}/sign-in/callback/corp`);
}

/** What went wrong in the installation itself: there is nothing that a person or a client may do to cause it. */
export function defectsOf({ house }: Company): unknown[] {
  const lines = house.log.map((line) => JSON.parse(line) as { level: string });
  return lines.filter(({ level }) => level === "error" || level === "fatal");
}

/** Waits until these tokens have run out, or all that there are. */
export async function untilExpired({ house }: Company, tokens?: { access_token: string }): Promise<void> {
  const hash = tokens && createHash("sha256").update(tokens.access_token).digest();
  const areGone = async () => {
    const good = await house.database.query(sql`
      select 1 from access_tokens
      where expires_at > ${new Date()} and (${hash ?? null}::bytea is null or hash = ${hash ?? null}) limit 1`);
    return good.length === 0;
  };
  await vi.waitUntil(areGone, { timeout: 3 * accessTokenSeconds * 1000, interval: 100 });
}
