import {
  portalsOf,
  parseScope,
  Rights,
  rightsOfScopes,
  toolClasses,
  type ToolClass,
} from "@castellan/access";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { PortalForConsent } from "../ports.ts";
import { scopesGiven } from "./answer.ts";
import { isOpen, piecesOf, questionOf, type QuestionInput } from "./question.ts";

type Counts = Record<ToolClass, number>;

function portalOf(servers: Readonly<Record<string, Counts>>): PortalForConsent {
  return {
    slug: "eng",
    title: "Engineering",
    directory: "workforce",
    access: [],
    isReadOnly: false,
    publicUrl: "https://mcp.example.com/p/eng/mcp",
    servers: Object.entries(servers).map(([slug, counts]) => ({ slug, title: slug.toUpperCase(), counts })),
  };
}

const portal = portalOf({
  okrs: { read: 4, write: 2, destructive: 1 },
  docs: { read: 0, write: 0, destructive: 0 },
});
const everything = Rights.everything;

/** `okrs:read asked` for each piece. */
function told(input: Partial<QuestionInput>): string[] {
  const question = questionOf({ portal, rights: everything, asked: [], held: [], ...input });
  return piecesOf(question).map(({ scope, status }) => `${scope} ${status}`);
}

test("what is asked for is asked, what is held is held, and the rest could be given", () => {
  expect(told({ asked: ["portal:eng", "okrs:write"], held: ["portal:eng", "okrs:read"] })).toEqual([
    "okrs:read held",
    "okrs:write asked",
    "okrs:destructive more",
    "docs:read more",
  ]);
});

test("whoever asks for no class of tools asks for reading", () => {
  const pieces = ["okrs:read asked", "okrs:write more", "okrs:destructive more", "docs:read asked"];
  expect(told({ asked: ["portal:eng"] })).toEqual(pieces);
  expect(told({ asked: [] })).toEqual(pieces);
});

test("scopes of another portal, held or asked for, are nothing here", () => {
  expect(
    told({
      asked: ["portal:other", "portal:other:write", "okrs:read"],
      held: ["portal:other", "okrs:write"],
    }),
  ).toEqual(["okrs:read asked", "okrs:write more", "okrs:destructive more", "docs:read more"]);
});

test("what the person may not use is no piece, whether it is asked for or held", () => {
  const input = {
    portal,
    rights: Rights.of(["read"], ["okrs"]),
    asked: ["portal:eng", "portal:eng:read", "okrs:write"],
    held: ["portal:eng", "okrs:destructive"],
  };
  expect(questionOf(input)).toEqual({
    portal: "eng",
    servers: [
      {
        slug: "okrs",
        title: "OKRS",
        pieces: [{ toolClass: "read", scope: "okrs:read", tools: 4, status: "asked" }],
      },
    ],
    whole: [],
    isBeyondRights: true,
  });
  expect(isOpen(questionOf({ ...input, rights: Rights.none }))).toBe(false);
});

test("a server called portal has no piece: its scope would let into a portal", () => {
  const odd = portalOf({ portal: { read: 1, write: 1, destructive: 1 } });
  expect(told({ portal: odd, asked: ["portal:eng:read"] })).toEqual([]);
});

test("a class is given as a whole when it was asked for so, may be given so, and every piece of it is ticked", () => {
  const input = {
    portal,
    rights: everything,
    asked: ["portal:eng", "portal:eng:read", "okrs:write"],
    held: [],
  };
  const given = (ticked: string[], more: Partial<QuestionInput> = {}) =>
    scopesGiven(questionOf({ ...input, ...more }), ticked);
  const all = ["okrs:read", "docs:read"];
  expect(given(all)).toEqual(["portal:eng", "portal:eng:read"]);
  expect(given([...all, "okrs:write"])).toEqual(["portal:eng", "portal:eng:read", "okrs:write"]);
  expect(given(["okrs:read"])).toEqual(["portal:eng", "okrs:read"]);
  expect(given(all, { asked: ["portal:eng", ...all] })).toEqual(["portal:eng", ...all]);
  expect(given(all, { rights: Rights.of(["read"], ["okrs", "docs"]) })).toEqual(["portal:eng", ...all]);
  expect(given([], { held: ["portal:eng", "portal:eng:read"] })).toEqual(["portal:eng", "portal:eng:read"]);
});

test("without a tick, and nothing held, nothing is given", () => {
  const question = questionOf({ portal, rights: everything, asked: ["portal:eng:read"], held: [] });
  expect(scopesGiven(question, [])).toBeUndefined();
  expect(
    scopesGiven(question, ["portal:eng", "portal:eng:destructive", "api", "other:read", ""]),
  ).toBeUndefined();
});

test("widening: a tick on what was not asked for gives it", () => {
  const question = questionOf({ portal, rights: everything, asked: ["portal:eng", "okrs:read"], held: [] });
  expect(scopesGiven(question, ["okrs:read", "okrs:destructive"])).toEqual([
    "portal:eng",
    "okrs:read",
    "okrs:destructive",
  ]);
});

const slugs = ["okrs", "docs", "crm", "portal", "api", "eng"] as const;
const classes = fc.subarray([...toolClasses]);
const scopes = fc.array(
  fc.oneof(
    fc
      .tuple(fc.constantFrom(...slugs, "later"), fc.constantFrom(...toolClasses))
      .map(([server, one]) => `${server}:${one}`),
    fc.constantFrom("portal:eng", "portal:other", "api", ...toolClasses.map((one) => `portal:eng:${one}`)),
    fc.constantFrom(...toolClasses.map((one) => `portal:other:${one}`)),
    fc.string(),
  ),
  { maxLength: 8 },
);
const rightsAt = fc
  .tuple(classes, fc.dictionary(fc.constantFrom(...slugs), classes))
  .map(([all, more]) =>
    Object.entries(more).reduce((sum, [server, some]) => sum.or(Rights.of(some, [server])), Rights.of(all)),
  );
const count = fc.integer({ min: 0, max: 2 });
const portals = fc
  .dictionary(fc.constantFrom(...slugs), fc.record({ read: count, write: count, destructive: count }))
  .map(portalOf);
const inputs = fc.record({ portal: portals, rights: rightsAt, asked: scopes, held: scopes });

/** Servers of which nothing was said: those that come later. */
const everywhere = [...slugs, "later", "unseen"];

test("nothing is given beyond the person's rights, whatever is asked, held or posted", () => {
  fc.assert(
    fc.property(inputs, scopes, (input, ticked) => {
      const given = rightsOfScopes(scopesGiven(questionOf(input), ticked) ?? [], "eng");
      expect(given.and(input.rights).key).toBe(given.key);
    }),
    { numRuns: 500 },
  );
});

test("nothing is given that was neither held nor ticked; at servers to come, only what was asked for as a whole", () => {
  fc.assert(
    fc.property(inputs, scopes, (input, ticked) => {
      const { held, asked, portal: at } = input;
      const given = rightsOfScopes(scopesGiven(questionOf(input), ticked) ?? [], "eng");
      const before = rightsOfScopes(held, "eng");
      const isPiece = (server: string, one: ToolClass) =>
        at.servers.some(({ slug, counts }) => slug === server && (one === "read" || counts[one] > 0));
      const isNamedWhole = (one: ToolClass) =>
        [...asked, ...held].includes(`portal:eng:${one}`) || (one === "read" && asksForNoClass(asked));
      for (const server of everywhere)
        for (const one of given.classesAt(server)) {
          const isTicked = ticked.includes(`${server}:${one}`) || before.allows(server, one);
          if (isPiece(server, one) && server !== "portal") expect(isTicked).toBe(true);
          else expect(isNamedWhole(one)).toBe(true);
        }
    }),
    { numRuns: 500 },
  );
});

function asksForNoClass(asked: readonly string[]): boolean {
  return rightsOfScopes(["portal:eng", ...asked], "eng").isNone;
}

test("what is given lets into this portal and no other, and not to the API", () => {
  fc.assert(
    fc.property(inputs, scopes, (input, ticked) => {
      const given = scopesGiven(questionOf(input), ticked);
      if (given === undefined) return;
      expect(portalsOf(given)).toEqual(["eng"]);
      expect(new Set(given).size).toBe(given.length);
      for (const scope of given) {
        const parsed = parseScope(scope);
        expect(parsed?.kind === "server" || (parsed?.kind === "portal" && parsed.portal === "eng")).toBe(
          true,
        );
      }
    }),
    { numRuns: 500 },
  );
});

test("whoever leaves the boxes as they are gives what was asked for, as far as they may", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const question = questionOf(input);
      const preset = piecesOf(question).filter(({ status }) => status === "asked");
      const given = rightsOfScopes(
        scopesGiven(
          question,
          preset.map(({ scope }) => scope),
        ) ?? [],
        "eng",
      );
      for (const { slug, pieces } of question.servers)
        for (const { toolClass, status } of pieces)
          expect(given.allows(slug, toolClass)).toBe(status !== "more");
    }),
  );
});
