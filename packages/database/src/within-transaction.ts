import type { Database, Transaction } from "./database.ts";

/**
 * A database all of whose statements and transactions are part of a transaction that is open: what stores do
 * with it is written together, or not at all. A failure inside must reach the end of the outer transaction.
 */
export function withinTransaction(tx: Transaction, { connection }: Database): Database {
  return {
    query: (statement) => tx.query(statement),
    transaction: (run) => run(tx),
    connection,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
