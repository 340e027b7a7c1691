/** What is to be done with one resource, and what people are told of it. */
import type { PortalEntry, ServerEntry } from "../document/document.ts";
import type { PresentServer } from "../present.ts";
import type { NewDocument } from "@castellan/openapi";
import type { Portal } from "@castellan/portal";
import { plainResourceKinds, type PlainKind, type PresentPlain } from "../kinds/plain-kind.ts";
import type { FieldChange } from "./difference.ts";

export const resourceKinds = [...plainResourceKinds, "server", "portal"] as const;

export type ResourceKind = (typeof resourceKinds)[number];

/** One resource that is another one afterwards. Holds no secret. */
export interface ResourceChange {
  readonly kind: ResourceKind;
  /** What it is known by: its slug or id, of a group `workforce Editors`. */
  readonly slug: string;
  readonly action: "create" | "update" | "remove";
  /** Of a creation what is not as by default; of a removal nothing. */
  readonly fields: readonly FieldChange[];
}

export type ServerStep = ResourceChange &
  (
    | {
        readonly action: "create" | "update";
        readonly entry: ServerEntry;
        readonly present: PresentServer | undefined;
        /** Secrets: for the store only. */
        readonly headers: Readonly<Record<string, string | null>>;
        readonly authSecrets: Readonly<Record<string, string | null>>;
        /** In the place of the document that is there; undefined: it stays, or there is none. */
        readonly document: NewDocument | undefined;
      }
    | { readonly action: "remove"; readonly present: PresentServer }
  );

export type PortalStep = ResourceChange &
  (
    | {
        readonly action: "create" | "update";
        readonly entry: PortalEntry;
        readonly present: Portal | undefined;
      }
    | { readonly action: "remove"; readonly present: Portal }
  );

export type PlainStep = ResourceChange & {
  readonly of: PlainKind;
} & (
    | {
        readonly action: "create" | "update";
        readonly entry: object;
        readonly present: PresentPlain | undefined;
        /** For the store only. Undefined: as it is; null: none. */
        readonly secret: string | null | undefined;
        readonly secretRef: string | undefined;
      }
    | { readonly action: "remove"; readonly present: PresentPlain }
  );

/** The part of a step that people may see. */
export function toChange({ kind, slug, action, fields }: ResourceChange): ResourceChange {
  return { kind, slug, action, fields };
}

export interface Steps {
  readonly plain: readonly PlainStep[];
  /** By slug: what is there or comes, then what goes. */
  readonly servers: readonly ServerStep[];
  readonly portals: readonly PortalStep[];
  /** Of all that was looked at: another one says that something has changed. */
  readonly basis: string;
}

/** What goes. */
export function removed(steps: readonly { readonly action: string; readonly slug: string }[]): Set<string> {
  return new Set(steps.filter(({ action }) => action === "remove").map(({ slug }) => slug));
}
