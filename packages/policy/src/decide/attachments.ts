/** Which rules are attached where. Lists of rules are kept and shared, so that a list's identity stands for what is in it. */
import type { Place } from "../facts/facts.ts";
import type { Level } from "../rules/rule.ts";
import type { RuleProgram } from "./program.ts";

export type AttachedRules = Readonly<Record<Level, readonly RuleProgram[]>>;

export interface Attachments {
  at(place: Place): AttachedRules;
  /** Those of the portal level. */
  ofPortal(portal: string): readonly RuleProgram[];
  /** Those of any level that are attached somewhere at the portal. */
  touching(portal: string): readonly RuleProgram[];
}

interface AtPortal {
  readonly touching: readonly RuleProgram[];
  readonly portal: readonly RuleProgram[];
  readonly servers: Map<string, AtServer>;
}

interface AtServer {
  readonly server: readonly RuleProgram[];
  readonly uses: readonly RuleProgram[];
  readonly byUse: Map<string, AttachedRules>;
  readonly without: AttachedRules;
}

const none: readonly RuleProgram[] = [];
// Against names that never end; those in use are some hundred portals, servers, and tools of a server.
const maxKept = 10_000;

export function createAttachments(rules: readonly RuleProgram[]): Attachments {
  const portals = new Map<string, AtPortal>();

  function atPortal(portal: string): AtPortal {
    return kept(portals, portal, () => {
      const touching = among(
        rules,
        ({ rule: { at } }) => at.portals === undefined || at.portals.includes(portal),
      );
      return { touching, portal: among(touching, ({ level }) => level === "portal"), servers: new Map() };
    });
  }

  function atServer({ touching, portal, servers }: AtPortal, name: string): AtServer {
    return kept(servers, name, () => {
      const here = touching.filter(
        ({ rule: { at } }) => at.servers === undefined || at.servers.includes(name),
      );
      const server = among(here, ({ level }) => level === "server");
      const uses = among(here, ({ level }) => level === "use");
      return { server, uses, byUse: new Map(), without: { portal, server, use: none } };
    });
  }

  return {
    at({ portal: portalName, server: serverName, class: useClass, tool }) {
      const { server, uses, byUse, without } = atServer(atPortal(portalName), serverName);
      if (uses.length === 0) return without;
      const key = tool === undefined ? useClass : `${useClass} ${tool}`;
      return kept(byUse, key, () => {
        const use = among(uses, ({ rule: { at } }) => {
          if (at.classes !== undefined && !at.classes.includes(useClass)) return false;
          return at.tools === undefined || (tool !== undefined && at.tools.includes(tool));
        });
        return { portal: without.portal, server, use };
      });
    },
    ofPortal: (portal) => atPortal(portal).portal,
    touching: (portal) => atPortal(portal).touching,
  };
}

function among(rules: readonly RuleProgram[], isOne: (rule: RuleProgram) => boolean): readonly RuleProgram[] {
  const found = rules.filter(isOne);
  return found.length === 0 ? none : found;
}

function kept<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    if (map.size >= maxKept) map.clear();
    map.set(key, (value = make()));
  }
  return value;
}
