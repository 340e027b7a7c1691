/** Whatever servers list and portals say: names in a portal are unique, legal, and lead back to what has them. */
import type { CapabilityKind } from "@castellan/mcp";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CatalogServer } from "./catalog.ts";
import { everything, type Curation } from "./curation.ts";
import { reviewStates } from "./definition.ts";
import { createOffering, type OfferingOptions } from "./offering.ts";
import { changedKinds } from "./share-changes.ts";
import { definition, listingServer } from "./testing.ts";

const kinds = [
  "tool",
  "prompt",
  "resource",
  "resource_template",
] as const satisfies readonly CapabilityKind[];
/** Few, so that they meet. */
const slugs = ["a", "a-b", "b", "portal", "x2345678901234567890123456789012"] as const;
const names = fc.oneof(
  fc.constantFrom(
    "x",
    "X",
    "y",
    "b_x",
    "a_x",
    "a-b_x",
    "portal_execute",
    "search",
    "execute",
    "a_search",
    "A-B_execute",
    "toString",
    "__proto__",
    "gw+b:x",
    "gw+a:",
    "codemode://runs/run_1/result",
  ),
  fc.string({ unit: codePoint, minLength: 1, maxLength: 80 }).map((name) => name.toWellFormed()),
  fc.constantFrom("n".repeat(64), "n".repeat(65), "n".repeat(40)),
);
const aliases = fc.constantFrom("a_search", "x", "y", "find", "b_x", "portal_x", "q".repeat(40));

const faces = fc.constantFrom(undefined, undefined, "tools", "code");

const listed = fc.record({
  kind: fc.constantFrom(...kinds),
  name: names,
  review: fc.constantFrom(...reviewStates),
});
const entry = fc.record(
  { enabled: fc.boolean(), alias: aliases, description: fc.string() },
  { requiredKeys: [] },
);
const servers = fc.uniqueArray(
  fc.record({
    slug: fc.constantFrom(...slugs),
    face: faces,
    listed: fc.uniqueArray(listed, { selector: ({ kind, name }) => `${kind} ${name}`, maxLength: 8 }),
    mode: fc.constantFrom("all", "all", "allowlist"),
    entries: fc.dictionary(names, entry, { maxKeys: 3 }),
  }),
  { selector: ({ slug }) => slug, minLength: 1, maxLength: 4 },
);
const naming = fc.constantFrom("prefixed", "plain");
const autoAccept = fc.subarray(["tool", "prompt", "resource"] as const);

type Server = typeof servers extends fc.Arbitrary<(infer One)[]> ? One : never;

function toServer({ slug, face, listed }: Server): CatalogServer {
  const definitions = listed.map(({ kind, name, review }) =>
    definition(
      slug,
      kind,
      { [kind === "resource" ? "uri" : kind === "resource_template" ? "uriTemplate" : "name"]: name },
      { review },
    ),
  );
  const made = listingServer(slug, {});
  const kind = face === undefined ? "mcp" : "openapi";
  return { ...made, server: { ...made.server, kind, face: face as "tools" }, definitions };
}

function toOptions(given: readonly Server[], rules: Pick<OfferingOptions, "naming" | "autoAccept">) {
  const pairs = given.map((one) => {
    const curation: Curation = {
      mode: one.mode as Curation["mode"],
      entries: { ...everything.entries, tool: one.entries, prompt: one.entries },
    };
    return [toServer(one), curation] as const;
  });
  return {
    servers: pairs.map(([server]) => server),
    curations: new Map(pairs.map(([server, curation]) => [server.server.id as string, curation])),
    ...rules,
  };
}

test("names are unique, at most 64 characters that model providers take, and lead back", () => {
  fc.assert(
    fc.property(servers, naming, autoAccept, (given, naming, autoAccept) => {
      const options = toOptions(given, { naming: naming as "plain", autoAccept });
      const scope = createOffering(options).scope("modern");
      for (const kind of kinds) {
        const entries = scope.entries(kind);
        expect(new Set(entries.map(({ publicName }) => publicName)).size).toBe(entries.length);
        for (const { publicName, server, name, text } of entries) {
          if (kind === "tool") expect(publicName).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
          if (kind === "prompt") expect(publicName.length).toBeLessThanOrEqual(64);
          expect(scope.find(kind, publicName)).toMatchObject({ kind, server, name, publicName });
          expect(Object.values(JSON.parse(text) as object)).toContain(publicName);
        }
        // Each thing is either offered or withheld, once.
        const all = options.servers.flatMap(({ definitions }) =>
          definitions.filter((one) => one.kind === kind),
        );
        expect(entries.length + scope.withheld(kind).length).toBe(all.length);
      }
      const codeNames = scope.codeTools.flatMap(({ names }) => [names.search, names.execute]);
      expect(new Set(codeNames).size).toBe(codeNames.length);
      for (const name of codeNames) {
        expect(name).toMatch(/^(?!portal_[^_]+$)[A-Za-z0-9_-]{1,64}$/);
        expect(scope.find("tool", name)).toBeUndefined();
      }
    }),
    { numRuns: 500 },
  );
});

test("a server that is added changes no name of those before it", () => {
  fc.assert(
    fc.property(servers, naming, (given, naming) => {
      // An alias may take a name from whoever is there; that is refused when it is saved.
      const options = toOptions(given, { naming: naming as "plain" });
      const vouched = options.servers.map((one) => ({
        ...one,
        definitions: one.definitions.map((each) => ({ ...each, review: "approved" as const })),
      }));
      const namesOf = (count: number) => {
        const scope = createOffering({ servers: vouched.slice(0, count), naming: options.naming }).scope(
          "modern",
        );
        return kinds.map((kind) => scope.entries(kind).map(({ publicName }) => publicName));
      };
      const before = namesOf(vouched.length - 1);
      expect(namesOf(vouched.length).map((all, at) => all.slice(0, before[at]?.length))).toEqual(before);
    }),
    { numRuns: 300 },
  );
});

test("an offering that grew out of another is the one that would be made anew, and tells which lists changed", () => {
  fc.assert(
    fc.property(
      servers,
      naming,
      autoAccept,
      fc.array(listed, { maxLength: 8 }),
      fc.nat(),
      faces,
      (given, naming, autoAccept, more, place, face) => {
        const options = toOptions(given, { naming: naming as "plain", autoAccept });
        const slot = place % given.length;
        const [one, old] = [given[slot], options.servers[slot]];
        if (!one || !old) return;
        const unique = [...new Map(more.map((each) => [`${each.kind} ${each.name}`, each])).values()];
        const after = toServer({ ...one, face, listed: unique });
        const { kind: servedAs, face: shownAs } = after.server;
        const server = {
          ...old,
          server: { ...old.server, kind: servedAs, face: shownAs },
          definitions: after.definitions,
        };
        const before = createOffering(options);
        // Everything is made, so that all of it could be kept.
        const lists = (offering: typeof before) =>
          kinds.map((kind) =>
            (["legacy", "modern"] as const).map((era) => [
              offering.scope(era).list(kind),
              kind === "tool" && offering.scope(era).codeTools.map(({ names }) => names),
            ]),
          );
        const told = lists(before);
        before.scope("modern").publicUri(old, "x");
        const grown = before.withServer(slot, server);
        const anew = createOffering({ ...options, servers: options.servers.with(slot, server) });
        expect(lists(grown)).toEqual(lists(anew));
        for (const uri of ["x", "y", "gw+a:x", "gw+b:x", ...unique.map(({ name }) => name)]) {
          expect(grown.scope("modern").find("resource", uri)).toEqual(
            anew.scope("modern").find("resource", uri),
          );
          expect(grown.scope("modern").publicUri(server, uri)).toBe(
            anew.scope("modern").publicUri(server, uri),
          );
        }
        const changed = changedKinds(before.share(slot), grown.share(slot));
        const different = kinds.filter(
          (_, at) => JSON.stringify(told[at]) !== JSON.stringify(lists(anew)[at]),
        );
        expect(changed).toEqual(expect.arrayContaining(different));
      },
    ),
    { numRuns: 300 },
  );
});
