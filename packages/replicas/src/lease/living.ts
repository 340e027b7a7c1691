/** Which other replicas live, by the database's time, remembered for a moment. */
import { sql, type Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";

const rememberedMs = 500;
const maxRemembered = 1_000;
const maxReplicas = 1_000;

interface Known {
  readonly askedAt: number;
  readonly isAlive: Promise<boolean>;
}

export class Living {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async has(id: string): Promise<boolean> {
    const askedAt = this.#clock.monotonic();
    const known = this.#known.get(id);
    if (known !== undefined && askedAt - known.askedAt <= rememberedMs) return known.isAlive;
    if (this.#known.size >= maxRemembered) this.#known.clear();
    const isAlive = this.#look(id);
    this.#known.set(id, { askedAt, isAlive });
    try {
      return await isAlive;
    } catch (error) {
      // That nobody could tell is not to be remembered.
      this.#known.delete(id);
      throw error;
    }
  }

  /** All but this one, at most 1,000. */
  async others(than: string): Promise<string[]> {
    const rows = await this.#database.query<{ id: string }>(sql`
      select id from replicas where lease_until > now() and id <> ${than} order by id limit ${maxReplicas}`);
    return rows.map(({ id }) => id);
  }

  async #look(id: string): Promise<boolean> {
    const rows = await this.#database.query(sql`
      select from replicas where id = ${id} and lease_until > now()`);
    return rows.length > 0;
  }
}
