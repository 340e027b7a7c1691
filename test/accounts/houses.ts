/**
 * A whole house behind one address, in one or two replicas. What is sent with `x-replica` goes to that replica, anything else
 * to the next in turn.
 */
import { createToken } from "@castellan/access";
import { accountsTopic } from "@castellan/credentials";
import { recordChange, sql } from "@castellan/database";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { startRelay, type Relay } from "../harness/relay.ts";
import { nameAddress } from "./named-address.ts";
import { createScene, type AccountScene } from "./scene.ts";
import { startWireTap, type WireTap } from "./wire-tap.ts";

export interface HouseScene extends AccountScene, AsyncDisposable {
  readonly house: TestHouse;
  readonly relay: Relay;
  readonly tap: WireTap | undefined;
  /** Has everything been linked and renewed so many seconds earlier than it was. */
  age(seconds: number): Promise<void>;
}

export interface HouseOptions {
  readonly replicas?: 1 | 2;
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps all that is said at the front door. */
  readonly isTapped?: boolean;
  /** What people, clients and other servers call it. Default: the address of its front door. */
  readonly publicUrl?: string;
}

export async function openAccounts(options: HouseOptions = {}): Promise<HouseScene> {
  const { replicas = 1, env = {}, isTapped = false } = options;
  await using opened = new AsyncDisposableStack();
  const sockets: string[] = [];
  const relay = opened.use(await startRelay(sockets));
  relay.aim = ({ headers }) =>
    headers["x-replica"] === undefined ? undefined : Number(headers["x-replica"]);
  const tap = isTapped ? opened.use(await startWireTap(() => relay.url)) : undefined;
  const entry = tap?.url ?? relay.url;
  const publicUrl = options.publicUrl ?? entry;
  if (publicUrl !== entry) opened.use(nameAddress(publicUrl, entry));
  const house = opened.use(await startTestHouse({ env, publicUrl }));
  sockets.push(house.socketUrl);
  for (let n = 1; n < replicas; n += 1)
    sockets.push(opened.use(await startTestHouse({ env, publicUrl, beside: house })).socketUrl);
  const owner = await createToken(
    house.database,
    { name: "owner", role: "owner", portals: [], createdBy: "test" },
    Date.now(),
  );
  const scene = await createScene({ entry, publicUrl, sockets, ownerToken: owner.secret });
  const owned = opened.move();
  return {
    ...scene,
    house,
    relay,
    tap,
    async age(seconds) {
      const by = `${seconds} seconds`;
      await house.database.transaction(async (tx) => {
        const rows = await tx.query<{ target_id: string; owner_id: string }>(sql`
          update linked_accounts set
            linked_at = linked_at - ${by}::interval, refreshed_at = refreshed_at - ${by}::interval
          returning target_id, owner_id`);
        for (const row of rows) await recordChange(tx, accountsTopic, `${row.target_id}.${row.owner_id}`);
      });
      await scene.settle();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
