/** What one caller has been shown of a portal's lists, so that only what is another one to them is told as changed. */
import { createHash } from "node:crypto";
import type { Scope } from "@castellan/calls";
import type { CapabilityKind, Era } from "@castellan/mcp";
import { listNames, type ListName } from "../portals/list-changes.ts";
import type { OpenPortal } from "../portals/open-portal.ts";

/** Of a part its lists are known by a digest: to keep the part itself would keep all of an old portal. */
interface Seen {
  readonly part: string | undefined;
  readonly digests: ReadonlyMap<ListName, string>;
}

export class SeenLists {
  readonly #era: Era;
  #seen: Seen;

  /** `open`: the portal as the caller sees it; undefined: they see nothing. */
  constructor(era: Era, open: OpenPortal | undefined) {
    this.#era = era;
    this.#seen = this.#see(open);
  }

  /** Which lists are others to the caller than when it was last asked; `changed` says which are in the whole portal. */
  changes(open: OpenPortal | undefined, changed: readonly ListName[]): readonly ListName[] {
    const before = this.#seen;
    const now = this.#see(open);
    this.#seen = now;
    const isOther = (list: ListName) => before.digests.get(list) !== now.digests.get(list);
    // Whoever sees another part of it reads anew what is another one there; of the whole nothing was kept to tell that by.
    if (before.part !== now.part) return before.part && now.part ? listNames.filter(isOther) : listNames;
    if (now.part === undefined) return [];
    if (now.part === "") return changed;
    return changed.filter(isOther);
  }

  #see(open: OpenPortal | undefined): Seen {
    const isWhole = open === undefined || open.part === "";
    const digests = isWhole
      ? []
      : listNames.map((list): [ListName, string] => [list, this.#digest(open, list)]);
    return { part: open?.part, digests: new Map(digests) };
  }

  /** Tools are listed in another way in Code Mode, which the portal may force. */
  #digest({ portal, scope }: OpenPortal, list: ListName): string {
    const digest = digestOf(scope(this.#era), list);
    return list === "tools" ? `${portal.codeMode} ${digest}` : digest;
  }
}

const kindsOf: Readonly<Record<ListName, readonly CapabilityKind[]>> = {
  tools: ["tool"],
  prompts: ["prompt"],
  resources: ["resource", "resource_template"],
};

/** A scope never changes, and many callers see the same one. */
const known = new WeakMap<Scope, Map<ListName, string>>();

function digestOf(scope: Scope, list: ListName): string {
  const digests = known.get(scope) ?? new Map<ListName, string>();
  known.set(scope, digests);
  const digest = digests.get(list) ?? makeDigest(scope, list);
  digests.set(list, digest);
  return digest;
}

function makeDigest(scope: Scope, list: ListName): string {
  const hash = createHash("sha256");
  for (const kind of kindsOf[list]) for (const text of scope.list(kind)) hash.update(text).update("\n");
  return hash.digest("base64url");
}
