/** Whether a rule can take effect as things are: that what it names is there, and where it is attached. */
import { isId } from "@castellan/kernel";
import type { RuleFields } from "../rules/rule.ts";
import { allOf, refuse, sound, warn, type Findings } from "./findings.ts";
import type { Known } from "./known.ts";
import { kindWords, namesIn, type Named } from "./names.ts";
import { facetsOf, type Facet, type PlacedFacet } from "./selectors-of.ts";
import type { DirectoryName, World } from "./world.ts";

type Abilities = Pick<World, "knowsCountries" | "checksCertificates">;

export function findInWorld(rule: RuleFields, known: Known, abilities: Abilities): Findings {
  const directories = directoriesOf(rule, known);
  return allOf([
    ...namesIn(rule).map((named) => missing(named, known)),
    ...facetsOf(rule).map((placed) => selector(placed, known, { abilities, directories })),
    strangers(rule, known, directories),
    portals(rule, known),
    servers(rule, known),
    tools(rule, known),
    classes(rule, known),
    deciders(rule, known),
  ]);
}

/** Whose people the rule can be about: those of its portals, or all. */
function directoriesOf({ at }: RuleFields, known: Known): readonly DirectoryName[] {
  const named = at.portals?.flatMap((slug) => known.portals.get(slug)?.directory ?? []) ?? [];
  return named.length === 0 ? ["workforce", "customers"] : [...new Set(named)];
}

function missing({ kind, name, field }: Named, known: Known): Findings {
  if (known.has(kind, name)) return sound;
  const message = `There is no ${kindWords[kind]} "${name}"`;
  // Those that describe themselves at a URL come by themselves, and a trusted issuer has clients of its own.
  if (kind === "client" && !isId("client", name))
    return warn(true, field, `${message} here: it fits if one comes that is called so`);
  return refuse(true, field, message);
}

function selector(
  { facet, field }: PlacedFacet,
  known: Known,
  { abilities, directories }: { abilities: Abilities; directories: readonly DirectoryName[] },
): Findings {
  const isElsewhere = (found: readonly { readonly directory: DirectoryName }[]) =>
    found.length > 0 && !found.some(({ directory }) => directories.includes(directory));
  const elsewhere = `It is of ${directories.includes("workforce") ? "customers" : "the company"}, and the portals are for others`;
  switch (facet.kind) {
    case "email": {
      const found = known.people.filter(({ email }) => email === facet.value);
      return allOf([
        warn(found.length === 0, field, `Nobody here has the address ${facet.value} yet`),
        refuse(isElsewhere(found), field, elsewhere),
      ]);
    }
    case "group": {
      const found = known.groups.filter(({ name }) => name === facet.value);
      const here = found.filter(({ directory }) => directories.includes(directory));
      const isEmpty = here.length > 0 && here.every(({ members }) => members === 0);
      return allOf([
        refuse(isElsewhere(found), field, elsewhere),
        warn(isEmpty, field, `Nobody is in the group "${facet.value}" now`),
      ]);
    }
    case "loginMethod": {
      const method = known.loginMethods.get(facet.value);
      return refuse(method !== undefined && isElsewhere([method]), field, elsewhere);
    }
    case "claim": {
      const { provider, name } = facet.value;
      const method = known.loginMethods.get(provider);
      return allOf([
        refuse(method !== undefined && isElsewhere([method]), field, elsewhere),
        refuse(
          method !== undefined && !method.keptClaims.includes(name),
          `${field}.name`,
          `The entry of "${provider}" does not keep the claim "${name}": name it in keptClaims there first`,
        ),
      ]);
    }
    case "public": {
      const portals = [...known.portals.values()];
      const isNone = portals.length > 0 && portals.every(({ isPublic }) => !isPublic);
      return warn(isNone, field, "None of these portals takes callers without a token now");
    }
    case "country":
      return refuse(
        !abilities.knowsCountries,
        field,
        "Countries of addresses are not known here: no database is set up",
      );
    case "certificate":
      return refuse(
        !abilities.checksCertificates,
        field,
        "Client certificates are not checked here: set CASTELLAN_CLIENT_CA_FILE first",
      );
    default:
      return sound;
  }
}

/** What is required is of people of two directories, and nobody is in both. */
function strangers(rule: RuleFields, known: Known, directories: readonly DirectoryName[]): Findings {
  const required = facetsOf(rule).filter(({ part }) => part === "require");
  let left = directories;
  for (const { facet, field } of required) {
    const here = directoriesOfFacet(facet, known).filter((one) => directories.includes(one));
    // What is found nowhere, or only elsewhere, has been told by itself.
    if (here.length === 0) continue;
    left = left.filter((one) => here.includes(one));
    if (left.length === 0) return refuse(true, field, "Nobody of the company is a customer as well");
  }
  return sound;
}

/** Whose people it can fit, as far as what it names says so. */
function directoriesOfFacet(facet: Facet, known: Known): readonly DirectoryName[] {
  const of = (found: readonly { readonly directory: DirectoryName }[]) =>
    found.map(({ directory }) => directory);
  switch (facet.kind) {
    case "email":
      return of(known.people.filter(({ email }) => email === facet.value));
    case "group":
      return of(known.groups.filter(({ name }) => name === facet.value));
    case "loginMethod":
      return of([known.loginMethods.get(facet.value)].filter((one) => one !== undefined));
    case "claim":
      return of([known.loginMethods.get(facet.value.provider)].filter((one) => one !== undefined));
    default:
      return [];
  }
}

function portals({ at }: RuleFields, known: Known): Findings {
  const { portals: named = [], servers: beside } = at;
  if (beside === undefined || named.length < 2) return sound;
  return allOf(
    named.map((slug, index) => {
      const portal = known.portals.get(slug);
      const hasNone = portal !== undefined && !portal.servers.some((server) => beside.includes(server));
      return warn(
        hasNone,
        `at.portals[${index}]`,
        `"${slug}" has none of the servers that are named beside it`,
      );
    }),
  );
}

function servers({ at }: RuleFields, known: Known): Findings {
  const portals = at.portals?.map((slug) => known.portals.get(slug));
  if (portals === undefined || portals.includes(undefined)) return sound;
  return allOf(
    (at.servers ?? []).map((server, index) =>
      refuse(
        !portals.some((portal) => portal?.servers.includes(server)),
        `at.servers[${index}]`,
        `"${server}" is in none of the portals that are named beside it`,
      ),
    ),
  );
}

function tools({ at }: RuleFields, { tools: known, portals: places }: Known): Findings {
  const given = new Set([...places.values()].flatMap(({ classes: of }) => of));
  const { tools: named = [], classes } = at;
  const [server = ""] = at.servers ?? [];
  if (at.servers?.length !== 1 || named.length === 0) return sound;
  if (known === undefined)
    return warn(
      true,
      "at.tools",
      `What "${server}" offers has not been read yet: nobody knows whether it has these`,
    );
  return allOf(
    named.map((name, index) => {
      const tool = known.find((one) => one.name === name);
      const field = `at.tools[${index}]`;
      if (tool === undefined) return refuse(true, field, `"${server}" offers no tool "${name}"`);
      const isOther = classes !== undefined && !classes.includes(tool.class);
      return allOf([
        refuse(isOther, field, `"${name}" is a ${tool.class} tool, which is none of the classes beside it`),
        warn(
          places.size > 0 && !isOther && !given.has(tool.class),
          field,
          `"${name}" is a ${tool.class} tool, and no access rule of these portals gives those: only tokens with scopes of their own have any`,
        ),
      ]);
    }),
  );
}

function classes({ at }: RuleFields, known: Known): Findings {
  const portals = [...known.portals.values()];
  if (at.portals === undefined || portals.length === 0) return sound;
  return allOf(
    (at.classes ?? []).map((name, index) =>
      warn(
        !portals.some((portal) => portal.classes.includes(name)),
        `at.classes[${index}]`,
        `No access rule of these portals gives ${name} tools: only tokens with scopes of their own have any`,
      ),
    ),
  );
}

function deciders({ approval }: RuleFields, known: Known): Findings {
  if (approval === undefined) return sound;
  const { self = false, groups = [], people = [] } = approval.deciders;
  const field = "approval.deciders";
  const isThere = (address: string) =>
    known.people.some(({ email, directory }) => email === address && directory === "workforce");
  const isNobody = !self && groups.length === 0 && people.length > 0 && !people.some(isThere);
  return allOf([
    refuse(isNobody, `${field}.people`, "Nobody of the company has any of these addresses"),
    ...people.map((address, at) =>
      warn(
        !isNobody && !isThere(address),
        `${field}.people[${at}]`,
        `Nobody of the company has the address ${address}`,
      ),
    ),
    ...groups.map((name, at) => {
      const group = known.groups.find((one) => one.name === name && one.directory === "workforce");
      return warn(group?.members === 0, `${field}.groups[${at}]`, `Nobody is in the group "${name}" now`);
    }),
  ]);
}
