/**
 * Who may use what of a portal: rules that only add up. Without one that fits, nobody comes in.
 */
import type { Principal } from "../principal.ts";
import { Rights } from "../rights.ts";
import type { ToolClass } from "../tool-class.ts";
import type { Directory } from "../people/user.ts";

export interface AccessRule {
  /**
   * `everyone`: every person of the portal's directory. `group:{name}`, `user:{email}`: those of that directory.
   * `public`: whoever comes without a token; only for `read`.
   */
  readonly who: string;
  /** What they may use; none: nothing. */
  readonly classes: readonly ToolClass[];
  /** Slugs of the portal's servers that this is about; absent: all of them, later ones too. */
  readonly servers?: readonly string[] | undefined;
}

/** What of a portal says who comes in. */
export interface Gate {
  readonly slug: string;
  readonly directory: Directory;
  readonly access: readonly AccessRule[];
}

/** What the rules of the gate give to a person (not looking at scopes), or to the public. */
export function rightsByRules(gate: Gate, principal: Pick<Principal, "kind"> & Partial<Principal>): Rights {
  return gate.access.reduce(
    (rights, rule) =>
      fits(rule, gate, principal as Principal) ? rights.or(Rights.of(rule.classes, rule.servers)) : rights,
    Rights.none,
  );
}

function fits({ who, classes }: AccessRule, { directory }: Gate, principal: Principal): boolean {
  if (principal.kind === "public") return who === "public" && classes.every((one) => one === "read");
  if (principal.kind !== "user" || principal.directory !== directory) return false;
  if (who === "everyone") return true;
  if (who.startsWith("group:")) return principal.groups.includes(who.slice("group:".length));
  return who.startsWith("user:") && principal.email === who.slice("user:".length);
}
