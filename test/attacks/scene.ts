/** A house, and servers that say whatever an attack needs: one of an era, alone in a portal of its own. */
import type { Era } from "../fixtures/exotic.ts";
import { type RawLegacyServer, startRawLegacy } from "../fixtures/raw-legacy.ts";
import { type RawModernServer, startRawModern } from "../fixtures/raw-modern.ts";
import type { Script } from "../fixtures/script.ts";
import type { Caller, CallerOptions, Door } from "../harness/callers/caller.ts";
import { openCaller } from "../harness/cells.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { everyFeature } from "../harness/registration.ts";

export interface HostileOptions {
  readonly script: Script;
  /** JSON text of the server's capabilities. */
  readonly capabilities?: string;
  /** What its registration lets it ask. Default: everything. */
  readonly clientFeatures?: readonly string[];
  readonly uiHosts?: readonly string[];
}

export interface Hostile {
  readonly server: RawLegacyServer | RawModernServer;
  readonly door: Door;
  /** Of server and portal. */
  readonly slug: string;
  caller(era: Era, options?: CallerOptions): Promise<Caller>;
  /** What is on record of the portal, oldest first. */
  records(): Promise<Recorded[]>;
}

export interface Recorded {
  readonly method: string;
  readonly outcome: string;
  readonly code: string | null;
}

export interface AttackScene extends AsyncDisposable {
  readonly house: TestHouse;
  /** A server of the era with the tool `t` unless the script lists others. */
  hostile(era: Era, options: HostileOptions): Promise<Hostile>;
}

export const oneTool = '{"resultType":"complete","tools":[{"name":"t","inputSchema":{"type":"object"}}]}';

export async function openAttackScene(): Promise<AttackScene> {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await startTestHouse());
  const owned = opened.move();
  let count = 0;
  return {
    house,
    async hostile(era, { script, capabilities = '{"tools":{}}', clientFeatures, uiHosts }) {
      const slug = `${era}-${++count}`;
      const whole = { "tools/list": () => oneTool, ...script };
      const start = era === "legacy" ? startRawLegacy : startRawModern;
      const server = owned.use(await start({ capabilities, script: whole }));
      const registered = {
        url: server.url,
        clientFeatures: clientFeatures ?? everyFeature,
        ...(uiHosts && { uiHosts }),
      };
      const door = await house.addPortal(slug, { [slug]: registered });
      return {
        server,
        door,
        slug,
        caller: async (of, options = {}) => owned.use(await openCaller(of, door, options)),
        async records() {
          const path = `/calls?portal=${slug}&limit=500`;
          const { items } = await house.api<{ items: Recorded[] }>("GET", path);
          return items.toReversed();
        },
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What a test looks at of a record. */
export function told(records: readonly Recorded[]): string[] {
  return records.map(({ method, outcome, code }) => [method, outcome, ...(code ? [code] : [])].join(" "));
}
