/** Identity providers and trusted issuers: both say who somebody is, so they are an owner's to change. */
import type { CompanyIdp } from "../../testing.ts";
import type { MakeRequest, Scene } from "../scene.ts";
import { nobody, nothing, ruled, type CaseTable } from "./operation-cases.ts";

/** What is different between the two. */
interface Kind {
  readonly path: "/providers" | "/trusted-issuers";
  /** What a new one has beside what both have. */
  readonly own: (scene: Scene) => object;
}

const provider: Kind = { path: "/providers", own: () => ({ clientId: "castellan" }) };
const trusted: Kind = { path: "/trusted-issuers", own: (scene) => ({ audience: scene.newSlug() }) };

/** A new one of the scene's company. */
function aNew({ own }: Kind, over: object = {}, idp?: CompanyIdp): MakeRequest {
  return async (scene) => {
    const { issuer } = idp ?? (await scene.idp());
    const body = { slug: scene.newSlug(), issuer, allowPrivate: ["127.0.0.1"], ...own(scene), ...over };
    return { as: await scene.owner(), body };
  };
}

async function add(
  scene: Scene,
  kind: Kind,
  make: MakeRequest,
): Promise<{ slug: string; audience?: string }> {
  const { body, as } = await make(scene);
  const answer = await (as ?? scene.admin)("POST", kind.path, body);
  return answer.body as { slug: string };
}

/** The path of a fresh one, and who may change it. */
function aMade(kind: Kind, body?: object): MakeRequest {
  return async (scene) => {
    const { slug } = await add(scene, kind, aNew(kind));
    return { as: await scene.owner(), params: { slug }, ...(body && { body }) };
  };
}

/** One whose issuer answers with that status from then on. */
function aSpoiled(kind: Kind, status: number): MakeRequest {
  return async (scene) => {
    const idp = await scene.newIdp();
    const { slug } = await add(scene, kind, aNew(kind, {}, idp));
    idp.instead.set("/.well-known/openid-configuration", (_, response) => response.writeHead(status).end());
    return { as: await scene.owner(), params: { slug }, body: { isEnabled: true } };
  };
}

const nobodys =
  (body?: object): MakeRequest =>
  async (scene) => ({ as: await scene.owner(), ...nobody, ...(body && { body }) });

const badRange = { allowPrivate: ["10.0.0.0/99"] };

const refusedNew = (kind: Kind) => ({
  issuer_unfit: async (scene: Scene) =>
    aNew(kind, { issuer: `${(await scene.idp()).issuer}/elsewhere` })(scene),
  issuer_unavailable: aNew(kind, { issuer: "http://127.0.0.1:1" }),
  outbound_refused: aNew(kind, { allowPrivate: [] }),
  outbound_policy_invalid: aNew(kind, badRange),
});

const refusedChange = (kind: Kind) => ({
  issuer_unfit: aSpoiled(kind, 410),
  issuer_unavailable: aSpoiled(kind, 503),
  outbound_refused: aMade(kind, { allowPrivate: [] }),
  outbound_policy_invalid: aMade(kind, badRange),
});

/** A change that gives it another one's audience. */
const takenAudience: MakeRequest = async (scene) => {
  const { audience } = await add(scene, trusted, aNew(trusted));
  return aMade(trusted, { audience })(scene);
};

const byLogin = ({ slug }: Readonly<Record<string, string>>) => ({ include: [{ loginMethod: slug }] });

/** One that is to keep no claims any more, although a rule looks at one. */
function aClaimed(kind: Kind): MakeRequest {
  const make: MakeRequest = async (scene) => {
    const { slug } = await add(scene, kind, aNew(kind, { keptClaims: ["team"] }));
    return { as: await scene.owner(), params: { slug }, body: { keptClaims: [] } };
  };
  return ruled(make, ({ slug }) => ({ include: [{ claim: { provider: slug, name: "team", equals: "A" } }] }));
}

export const providerCases: CaseTable = {
  listProviders: { good: nothing },
  addProvider: {
    good: aNew(provider, { clientSecret: "s3cret", claims: { groups: "groups" }, groupMap: { a: "b" } }),
    failures: {
      ...refusedNew(provider),
      provider_taken: async (scene) =>
        aNew(provider, await add(scene, provider, aNew(provider)).then(slugOf))(scene),
    },
  },
  getProvider: { good: aMade(provider), failures: { provider_unknown: () => nobody } },
  changeProvider: {
    good: aMade(provider, { clientSecret: null, claims: { subject: "oid", groups: null }, groupMap: null }),
    failures: {
      ...refusedChange(provider),
      provider_unknown: nobodys({ title: "Nobody" }),
      rule_refers: aClaimed(provider),
    },
  },
  removeProvider: {
    good: aMade(provider),
    failures: { provider_unknown: nobodys(), rule_refers: ruled(aMade(provider), byLogin) },
  },
  listTrustedIssuers: { good: nothing },
  addTrustedIssuer: {
    good: aNew(trusted, { algorithms: ["RS256"], scopesClaim: "scope", allowedDomains: ["Corp.example"] }),
    failures: {
      ...refusedNew(trusted),
      trusted_issuer_taken: async (scene) =>
        aNew(trusted, await add(scene, trusted, aNew(trusted)).then(slugOf))(scene),
    },
  },
  getTrustedIssuer: { good: aMade(trusted), failures: { trusted_issuer_unknown: () => nobody } },
  changeTrustedIssuer: {
    good: aMade(trusted, { jwksUri: null, scopesClaim: null, title: "Changed" }),
    failures: {
      ...refusedChange(trusted),
      trusted_issuer_unknown: nobodys({ title: "Nobody" }),
      trusted_issuer_taken: takenAudience,
      rule_refers: aClaimed(trusted),
    },
  },
  removeTrustedIssuer: {
    good: aMade(trusted),
    failures: { trusted_issuer_unknown: nobodys(), rule_refers: ruled(aMade(trusted), byLogin) },
  },
};

function slugOf({ slug }: { slug: string }): { slug: string } {
  return { slug };
}
