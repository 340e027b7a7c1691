/**
 * A letter: a text from one replica to another under a topic. It is sealed for its place, so nobody
 * who can write to the table can read one, make one, or turn one to another receiver or topic.
 */
import { defineSealedColumn, type SealedContext } from "@castellan/vault";

/** Where a letter belongs. */
export interface Address {
  readonly to: string;
  readonly from: string;
  /** The sender's own count, over all that it sends. */
  readonly number: number;
  readonly topic: string;
}

/** A letter lies in the table for a minute at most; a rotation visits the column like any other. */
export const replicaSealedColumns = [
  defineSealedColumn({ table: "mail", idColumn: "id", column: "sealed_body" }),
];

/** The row's id. The topic comes last: it is the only part that may hold any character. */
export function letterId({ to, from, number, topic }: Address): string {
  return `${to}/${from}/${number}/${topic}`;
}

export function letterContext(address: Address): SealedContext {
  return { table: "mail", row: letterId(address), column: "sealed_body" };
}

/** Where the wake-ups for a replica's letters go: a channel of its own, so that nobody else is woken. */
export function mailChannel(replica: string): string {
  return `castellan_mail_${replica}`;
}
