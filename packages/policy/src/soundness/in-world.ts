/** Whether a rule can take effect as things are: that what it names is there, and where it is attached. */
import { isId } from "@castellan/kernel";
import type { RuleFields } from "../rules/rule.ts";
import { allOf, refuse, sound, warn, type Findings } from "./findings.ts";
import type { Known } from "./known.ts";
import { kindWords, namesIn, type Named } from "./names.ts";
import { facetsOf, type PlacedFacet } from "./selectors-of.ts";
import type { DirectoryName, World } from "./world.ts";

type Abilities = Pick<World, "knowsCountries" | "checksCertificates">;

export function findInWorld(rule: RuleFields, known: Known, abilities: Abilities): Findings {
  const directories = directoriesOf(rule, known);
  return allOf([
    ...namesIn(rule).map((named) => missing(named, known)),
    ...facetsOf(rule).map((placed) => selector(placed, known, { abilities, directories })),
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
    case "group":
      return refuse(isElsewhere(known.groups.filter(({ name }) => name === facet.value)), field, elsewhere);
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

function tools({ at }: RuleFields, { tools: known }: Known): Findings {
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
      return refuse(
        isOther,
        field,
        `"${name}" is a ${tool.class} tool, which is none of the classes beside it`,
      );
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
