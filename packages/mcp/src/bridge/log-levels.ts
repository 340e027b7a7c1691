/** Log levels (RFC 5424, §6.2.1, by the names that MCP gives them). */

/** From the least to the most severe. */
export const logLevels = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
] as const;

export type LogLevel = (typeof logLevels)[number];

export function isLogLevel(value: unknown): value is LogLevel {
  return (logLevels as readonly unknown[]).includes(value);
}

/** Whether a message's level passes a threshold. One that does not exist passes none, and lets none pass. */
export function isAtLeast(level: unknown, threshold: string): boolean {
  return (
    isLogLevel(level) && isLogLevel(threshold) && logLevels.indexOf(level) >= logLevels.indexOf(threshold)
  );
}
