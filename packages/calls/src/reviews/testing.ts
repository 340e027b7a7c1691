/** Servers that list what a test tells them to, and what is decided about that. */
import type { DefinitionKind, FoundDefinition } from "../catalog/definition.ts";
import { fingerprintOf } from "../catalog/fingerprint.ts";
import { newServer, openStores, type TestStores } from "../testing.ts";
import { createDefinitionReviews, type DefinitionReviews } from "./definition-reviews.ts";
import type { SelectedDefinition } from "./selection.ts";

export interface ReviewScene extends AsyncDisposable {
  readonly stores: TestStores;
  readonly reviews: DefinitionReviews;
  /** A server that lists nothing yet. */
  open(autoAccept?: readonly DefinitionKind[]): Promise<ListingServer>;
  /** Names with their states. */
  states(slug: string): Promise<Record<string, string>>;
  approveAll(slug: string): Promise<void>;
}

export interface ListingServer {
  readonly id: string;
  readonly slug: string;
  lists(definitions: readonly FoundDefinition[], store?: TestStores["definitions"]): Promise<void>;
}

export async function openReviewScene(): Promise<ReviewScene> {
  const stores = await openStores();
  const reviews = createDefinitionReviews({ database: stores.database });
  let made = 0;
  return {
    stores,
    reviews,
    async open(autoAccept = []) {
      const slug = `r${++made}`;
      const { id } = await stores.servers.add(newServer(slug, { autoAccept }));
      const nothing = { skipped: [], latencyMs: 1, modern: undefined, legacy: undefined };
      return {
        id,
        slug,
        lists: (definitions, store = stores.definitions) => store.saveSync(id, { definitions, ...nothing }),
      };
    },
    async states(slug) {
      const { definitions } = await reviews.list(slug);
      return Object.fromEntries(definitions.map(({ name, review }) => [name, review]));
    },
    async approveAll(slug) {
      const { fingerprint } = await reviews.list(slug);
      await reviews.approve(slug, { all: true, fingerprint }, "ann");
    },
    [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
  };
}

const inputSchema = { type: "object", properties: { path: { type: "string" } } };

export function tool(name: string, more: Readonly<Record<string, unknown>> = {}): FoundDefinition {
  const text = JSON.stringify({ name, description: `Does ${name}`, inputSchema, ...more });
  return { kind: "tool", name, publicName: `s_${name}`, text };
}

/** As it was looked at. */
export function selected(
  definition: FoundDefinition,
  more: Partial<SelectedDefinition> = {},
): SelectedDefinition {
  const { kind, name } = definition;
  return { kind, name, fingerprint: fingerprintOf(definition), ...more };
}
