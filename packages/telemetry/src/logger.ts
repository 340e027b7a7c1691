/**
 * The log: one JSON object a line, written by pino. Everything passes the redaction on its way, and a
 * line that is below the level costs one comparison.
 */
import { pino } from "pino";
import type { Clock } from "@castellan/kernel";
import { createReadableStream } from "./readable.ts";
import { redactFields, redactText } from "./redaction.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof logLevels)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Messages are constant sentences; what varies goes into `fields`, so that lines can be searched for.
 * An `Error` anywhere in `fields` is written with its code and the chain of its causes.
 */
export interface Logger extends Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>> {
  /** A logger whose every line carries these fields as well. */
  child(fields: LogFields): Logger;
}

/** Where lines go: `process.stdout`, a file's stream, or anything that takes text. */
export interface LogDestination {
  write(line: string): unknown;
  readonly isTTY?: boolean;
}

export interface LogSettings {
  readonly destination: LogDestination;
  /** Lines below it are not written. */
  readonly level?: LogLevel | "silent";
  /** `auto`: readable on a terminal, JSON elsewhere. */
  readonly format?: "auto" | "json" | "readable";
  /** Colours in the readable form. */
  readonly hasColors?: boolean;
}

/** Makes the logger. `base` goes onto every line: the names of the service and of the replica. */
export function createLogger(settings: LogSettings, base: LogFields, clock: Clock): Logger {
  const { destination, level = "info", format = "auto", hasColors = destination.isTTY === true } = settings;
  const isReadable = format === "readable" || (format === "auto" && destination.isTTY === true);
  const writer = pino(
    {
      level,
      base: null,
      messageKey: "message",
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    isReadable
      ? createReadableStream(destination, hasColors)
      : { write: (line) => void destination.write(line) },
  );

  function loggerWith(bound: LogFields): Logger {
    const write = (level: LogLevel, message: string, fields?: LogFields) => {
      if (!writer.isLevelEnabled(level)) return;
      const record = fields === undefined ? bound : { ...bound, ...toFields(fields) };
      writer[level](record, redactText(message));
    };
    return Object.freeze<Logger>({
      debug: (message, fields) => write("debug", message, fields),
      info: (message, fields) => write("info", message, fields),
      warn: (message, fields) => write("warn", message, fields),
      error: (message, fields) => write("error", message, fields),
      child: (fields) => loggerWith({ ...bound, ...toFields(fields) }),
    });
  }
  return loggerWith(isReadable ? {} : toFields(base));
}

/** A field may not stand in for what every line has: a name that is taken gets an underscore. */
function toFields(fields: LogFields): LogFields {
  const clean = redactFields(fields);
  for (const name of ["level", "time", "message"]) {
    if (!(name in clean)) continue;
    clean[`${name}_`] = clean[name];
    delete clean[name];
  }
  return clean;
}
