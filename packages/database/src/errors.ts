/** What the driver throws, sorted: faults of the store, and answers of the server that callers judge themselves. */
import { type Fault, isFault } from "@castellan/kernel";
import pg from "pg";
import { databaseFaults } from "./faults.ts";

/** SQLSTATE codes, PostgreSQL manual appendix A. */
const sqlState = {
  uniqueViolation: "23505",
  foreignKeyViolation: "23503",
  serializationFailure: "40001",
  deadlockDetected: "40P01",
  queryCanceled: "57014",
  diskFull: "53100",
} as const;

/** SQLSTATE classes and codes after which the server's connection is of no use, or was never made. */
const unavailable = /^(08...|57P0[1-5]|53300|25P0[34])$/;
const refused = /^(28...|3D000)$/;

/** Whether a unique constraint (or this one) refused the row. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return isViolation(error, sqlState.uniqueViolation, constraint);
}

/** Whether a foreign key (or this one) refused the row: what it refers to is not there, or it is still referred to. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return isViolation(error, sqlState.foreignKeyViolation, constraint);
}

/** Whether the transaction may succeed if it is run again from its start. */
export function isRetryable(error: unknown): boolean {
  const code = serverCode(error);
  return code === sqlState.serializationFailure || code === sqlState.deadlockDetected;
}

/** Whether the connection must not be used again. Everything but an ordinary answer of the server breaks it. */
export function breaksConnection(error: unknown): boolean {
  const code = serverCode(error);
  if (code === undefined) return true;
  const { severity } = error as pg.DatabaseError;
  return severity === "FATAL" || severity === "PANIC" || unavailable.test(code);
}

/**
 * Turns a driver's error into a fault where the store is at fault; other answers of the server
 * (a constraint, a defect in a statement) stay the `pg.DatabaseError` they are.
 */
export function toDatabaseError(error: unknown): unknown {
  if (isFault(error)) return error;
  const code = serverCode(error);
  if (code === undefined) return toClientFault(error);
  if (code === sqlState.queryCanceled)
    return databaseFaults.fault("database_timeout", "The database took too long to answer", { cause: error });
  if (code === sqlState.diskFull)
    return databaseFaults.fault("database_disk_full", "The database has no disk space left", {
      cause: error,
    });
  if (refused.test(code)) return refusedFault(error as pg.DatabaseError);
  return unavailable.test(code) ? unavailableFault(error) : error;
}

/** The same for a connection that could not be made: the server's answer, whatever it was, says that it is not there for us. */
export function toConnectError(error: unknown): unknown {
  const told = toDatabaseError(error);
  return told instanceof pg.DatabaseError ? unavailableFault(told) : told;
}

/** The driver's own words for what no later attempt can mend: TLS that the server lacks or fails, a password that is missing. */
const refusedByClient = /SSL|SASL|certificate|password must be/i;
/** A value that cannot be written or read, a name with two texts: ours, not the network's. */
const defect = /^Prepared statements must be unique/;

function toClientFault(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return error;
  if (defect.test(error.message)) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  const isTls = code.startsWith("ERR_TLS") || code.startsWith("ERR_SSL");
  return isTls || refusedByClient.test(error.message) ? refusedFault(error) : unavailableFault(error);
}

function refusedFault(cause: Error): Fault {
  return databaseFaults.fault("database_refused", `PostgreSQL refuses the connection: ${cause.message}`, {
    cause,
  });
}

function unavailableFault(cause: unknown): Fault {
  return databaseFaults.fault("database_unavailable", "The database cannot be reached", { cause });
}

function isViolation(error: unknown, code: string, constraint: string | undefined): boolean {
  return (
    serverCode(error) === code &&
    (constraint === undefined || (error as pg.DatabaseError).constraint === constraint)
  );
}

function serverCode(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}
