/** Two replicas in the test's own process, behind one address. What is sent with `x-replica` goes to that one, anything else to the next in turn. */
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { startRelay } from "../harness/relay.ts";
import { createCodeScene, startServers, type CodeScene, type Servers } from "./scene.ts";

export interface TwoReplicas extends CodeScene, AsyncDisposable {
  readonly house: TestHouse;
  readonly servers: Servers;
}

export async function openTwoReplicas(): Promise<TwoReplicas> {
  await using opened = new AsyncDisposableStack();
  const servers = opened.use(await startServers());
  const replicas: string[] = [];
  const relay = opened.use(await startRelay(replicas));
  relay.aim = ({ headers }) =>
    headers["x-replica"] === undefined ? undefined : Number(headers["x-replica"]);
  const house = opened.use(await startTestHouse({ publicUrl: relay.url }));
  const other = opened.use(await startTestHouse({ publicUrl: relay.url, beside: house }));
  replicas.push(house.socketUrl, other.socketUrl);
  const ground = { url: relay.url, sockets: replicas, adminToken: house.adminToken };
  const scene = await createCodeScene(ground, servers);
  const owned = opened.move();
  return { ...scene, house, servers, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
