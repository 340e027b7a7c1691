/** How many calls each caller has under way at each server, on this replica. */
import type { Principal } from "@castellan/access";
import { callFaults } from "./faults.ts";
import type { Server } from "./servers/server.ts";

export const maxUnderWay = 64;

export class CallsUnderWay {
  readonly #counts = new Map<string, number>();

  /** Takes a place until it is disposed of. Throws `calls_limited`. */
  enter({ tokenId }: Principal, { id, slug }: Pick<Server, "id" | "slug">): Disposable {
    const key = `${tokenId} ${id}`;
    const count = this.#counts.get(key) ?? 0;
    if (count >= maxUnderWay)
      throw callFaults.fault(
        "calls_limited",
        `This caller has ${maxUnderWay} calls under way at server "${slug}": wait for one to end, or cancel one`,
      );
    this.#counts.set(key, count + 1);
    return { [Symbol.dispose]: () => this.#leave(key) };
  }

  #leave(key: string): void {
    const count = (this.#counts.get(key) ?? 1) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
