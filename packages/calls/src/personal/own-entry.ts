/**
 * An entry of the catalog as one caller has it, at a server whose lists are each caller's own. Tools, prompts and templates are
 * those that were reviewed, as far as the caller's own list has them with the same words: what only that list has, or has in
 * other words, is offered to nobody before an admin has seen it. Resources are the caller's own, offered without a review: the
 * names of their documents are nobody else's to read. What the account that the catalog was read with has is never among them.
 */
import type { CatalogServer } from "../catalog/catalog.ts";
import type { Definition } from "../catalog/definition.ts";
import { listKey, type OwnLists } from "./own-lists.ts";

export interface OwnEntry {
  /** The entry of the catalog. */
  readonly of: CatalogServer;
  /** The same with other resources: what the portal's names and addresses are made of. */
  readonly server: CatalogServer;
  /** What the entry has and the caller's own list has not (`listKey`). */
  readonly hidden: ReadonlySet<string>;
  /** Different for different entries. */
  readonly serial: number;
}

let lastSerial = 0;
const made = new WeakMap<OwnLists, OwnEntry>();
const madeOfNothing = new WeakMap<CatalogServer, OwnEntry>();

/** `lists`: undefined while they are not known, or never will be: then nothing is theirs, and what was reviewed stays listed. */
export function ownEntry(of: CatalogServer, lists: OwnLists | undefined): OwnEntry {
  const known = lists ? made.get(lists) : madeOfNothing.get(of);
  if (known?.of === of) return known;
  const entry = makeEntry(of, lists);
  if (lists) made.set(lists, entry);
  else madeOfNothing.set(of, entry);
  return entry;
}

function makeEntry(of: CatalogServer, lists: OwnLists | undefined): OwnEntry {
  const reviewed = of.definitions.filter(({ kind }) => kind !== "resource");
  const definitions = [...reviewed, ...resourcesOf(of, lists)];
  const hidden = lists ? reviewed.filter((one) => isOther(one, lists)).map(listKey) : [];
  return { of, server: { ...of, definitions }, hidden: new Set(hidden), serial: ++lastSerial };
}

function isOther(one: Definition, lists: OwnLists): boolean {
  if (one.kind === "instructions" || lists.unread.get(one.kind) === "unknown") return false;
  return lists.fingerprints.get(listKey(one)) !== one.fingerprint;
}

/** Pages run in the client: what they are is reviewed, also where what they show is not. */
const page = /^ui:/i;

function resourcesOf({ definitions }: CatalogServer, lists: OwnLists | undefined): Definition[] {
  const shared = new Map(
    definitions.filter(({ kind }) => kind === "resource").map((one) => [one.name, one] as const),
  );
  // Those are not to be had by their address either.
  const rejected = [...shared.values()].filter(isRejected);
  const own = (lists?.resources ?? []).flatMap((found): Definition[] => {
    const known = shared.get(found.name);
    if (known && isRejected(known)) return [];
    if (page.test(found.name)) return known?.fingerprint === found.fingerprint ? [known] : [];
    return [{ ...found, review: "accepted", awaitsPerson: false, class: "read", decidedAt: undefined }];
  });
  return [...rejected, ...own];
}

function isRejected({ review, awaitsPerson }: Definition): boolean {
  return review === "rejected" || (awaitsPerson && review !== "approved");
}
