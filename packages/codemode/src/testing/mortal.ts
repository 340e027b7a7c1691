/** A process that ends at one of its steps: what it had under way never comes back. */
import type { Database, Queryable, Transaction } from "@castellan/database";

const never = new Promise<never>(() => {});

export class Mortal {
  /** How many steps it took. */
  steps = 0;
  #lastStep: number;

  /** `lastStep`: after which it is dead. */
  constructor(lastStep = Number.POSITIVE_INFINITY) {
    this.#lastStep = lastStep;
  }

  /** It takes no more steps. */
  kill(): void {
    this.#lastStep = -1;
  }

  get isDead(): boolean {
    return this.steps > this.#lastStep;
  }

  readonly step = async (): Promise<void> => {
    if (++this.steps > this.#lastStep) await never;
  };

  /** Each statement and each transaction is made or not, and is answered or not. */
  database(real: Database): Database {
    const around = async <Value>(run: () => Promise<Value>): Promise<Value> => {
      await this.step();
      const value = await run().catch(async (error: unknown) => {
        await this.step();
        throw error;
      });
      await this.step();
      return value;
    };
    return {
      connection: real.connection,
      query: <Row extends object>(statement: Parameters<Queryable["query"]>[0]) =>
        around(() => real.query<Row>(statement)),
      transaction: <T>(run: (tx: Transaction) => Promise<T>) => around(() => real.transaction(run)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}
