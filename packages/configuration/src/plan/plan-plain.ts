/** What has to be done with resources that are their fields and no more. */
import { isHeaderValue } from "@castellan/calls";
import { Fault, fieldOf, isFault } from "@castellan/kernel";
import type { Outbound } from "@castellan/web";
import type { ConfigurationDocument } from "../document/document.ts";
import { configurationFaults } from "../faults.ts";
import type { PlainKind } from "../kinds/plain-kind.ts";
import { plainKinds } from "../kinds/plain-kinds.ts";
import type { ManagedPlain, Present } from "../present.ts";
import { differences, type FieldChange } from "./difference.ts";
import { claimOf, mayClaim, type Claim } from "./ownership.ts";
import type { Refusals } from "./refusals.ts";
import type { Secrets } from "./secrets.ts";
import type { PlainStep } from "./steps.ts";

export interface PlainOptions {
  readonly secrets: Secrets;
  readonly prune: boolean;
  readonly outbound: Pick<Outbound, "check">;
  readonly refusals: Refusals;
}

/** By kind and key, removals after the others. Throws `field_unchangeable`, `invalid_input`, `outbound_refused`, `outbound_policy_invalid`. */
export function planPlain(
  document: ConfigurationDocument,
  present: Present,
  claim: Claim,
  options: PlainOptions,
): PlainStep[] {
  return plainKinds.flatMap((of) => {
    const known = knownOf(present, of);
    const wanted = of.wantedIn(document).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const named = new Set(wanted.map(([key]) => key));
    const gone = [...known.values()].filter(
      ({ key, managed }) => managed?.managedBy === claim.file && !named.has(key),
    );
    return [
      ...wanted.flatMap(([key, entry]) => planOne(of, { key, entry, known: known.get(key) }, claim, options)),
      ...(options.prune ? gone.map((one) => removal(of, one)) : []),
    ];
  });
}

/** For the basis of a plan. */
export function looksOfPlain(document: ConfigurationDocument, present: Present): unknown[] {
  return plainKinds.flatMap((of) => {
    const named = new Set(of.wantedIn(document).map(([key]) => key));
    return [...knownOf(present, of).values()]
      .filter(({ key, managed }) => named.has(key) || managed?.managedBy === document.name)
      .map(({ key, identity, version, managed }) => [of.kind, key, identity, version, managed]);
  });
}

interface Wanted {
  readonly key: string;
  readonly entry: object;
  readonly known: ManagedPlain | undefined;
}

function planOne(of: PlainKind, wanted: Wanted, claim: Claim, options: PlainOptions): PlainStep[] {
  const { key, entry, known } = wanted;
  const place = (...below: string[]) => fieldOf([...of.pathOf(key), ...below], "");
  const secret = planSecret(of, wanted, options);
  const before = known ? { ...known.entry, ...secretEntry(of, known) } : of.defaultsFor(key);
  const fields = [...differences(before, entry), ...secret.told];
  if (known && !mayClaim(claim, known.managed?.managedBy, fields))
    options.refusals.notManaged({ kind: of.kind, slug: key, managedBy: known.managed?.managedBy }, place());
  if (secret.missing)
    options.refusals.missing({ field: place(of.secretField ?? ""), secretRef: secret.missing });
  if (secret.unusable)
    options.refusals.unusable({ field: place(of.secretField ?? ""), secretRef: secret.unusable });
  const fixed = known && fields.find(({ path }) => of.fixed.includes(path));
  if (fixed)
    throw configurationFaults.fault("field_unchangeable", `${place(fixed.path)} cannot be another one`, {
      field: place(fixed.path),
    });
  assertSound(of, entry, place());
  for (const { url, field, allowPrivate } of of.calls?.(entry) ?? [])
    if (!known || fields.some(({ path }) => path === field || path === "allowPrivate"))
      options.outbound.check(url, { allowPrivate }, place(field));

  const step = { kind: of.kind, slug: key, of, entry, secret: secret.put, secretRef: secret.ref };
  if (!known) return [{ ...step, action: "create", fields, present: undefined }];
  const all = [...fields, ...claimOf(claim, known.managed?.managedBy)];
  return all.length === 0 ? [] : [{ ...step, action: "update", fields: all, present: known }];
}

function removal(of: PlainKind, present: ManagedPlain): PlainStep {
  return { kind: of.kind, slug: present.key, of, action: "remove", fields: [], present };
}

interface PlannedSecret {
  /** Where the document says that it is. */
  readonly ref: string | undefined;
  /** Undefined: what is stored stays. */
  readonly put: string | null | undefined;
  readonly told: readonly FieldChange[];
  readonly missing?: string;
  readonly unusable?: string;
}

function planSecret(of: PlainKind, { entry, known }: Wanted, { secrets }: PlainOptions): PlannedSecret {
  const ref = refIn(of, entry);
  if (ref === undefined) return { ref, put: known?.hasSecret === true ? null : undefined, told: [] };
  const given = Object.hasOwn(secrets, ref) ? secrets[ref] : undefined;
  if (given === undefined) {
    const isKept = known?.hasSecret === true && known.managed?.secretRef === ref;
    return { ref, put: undefined, told: [], ...(!isKept && { missing: ref }) };
  }
  const isOther = known?.secret !== given;
  return {
    ref,
    put: isOther ? given : undefined,
    told: isOther && known?.hasSecret === true ? [{ path: of.secretField ?? "", secret: "changed" }] : [],
    ...(!isHeaderValue(given) && { unusable: ref }),
  };
}

function refIn({ secretField }: PlainKind, entry: object): string | undefined {
  if (secretField === undefined) return undefined;
  return new Map<string, { secretRef: string }>(Object.entries(entry)).get(secretField)?.secretRef;
}

/** Of one that was set by hand it is not known where it came from. */
function secretEntry({ secretField }: PlainKind, { hasSecret, managed }: ManagedPlain): object {
  if (secretField === undefined || hasSecret !== true) return {};
  return { [secretField]: managed?.secretRef === undefined ? {} : { secretRef: managed.secretRef } };
}

/** What a kind says of an entry is told of the document. */
function assertSound(of: PlainKind, entry: object, place: string): void {
  try {
    of.assertSound?.(entry);
  } catch (error) {
    throw isFault(error) ? below(error, place) : error;
  }
}

/** A fault of one resource, as one of the document that describes it. */
export function below(fault: Fault, place: string): Fault {
  const { code, owner, status, retryable, message, field, data } = fault;
  const isWhole = field === undefined || field === "If-Match" || field === "slug" || field === "name";
  return new Fault(code, { owner, status, retryable, help: "" }, message, {
    field: isWhole ? place : `${place}.${field}`,
    ...(data && { data }),
    cause: fault,
  });
}

function knownOf({ plain }: Present, { kind }: PlainKind): ReadonlyMap<string, ManagedPlain> {
  return plain.get(kind) ?? new Map<string, ManagedPlain>();
}
