import { expect, test } from "vitest";
import { createManualClock, kernelFaults } from "@castellan/kernel";
import { createLogger, type LogSettings } from "./logger.ts";

function capture(settings: Omit<LogSettings, "destination"> & { isTTY?: boolean } = {}) {
  const lines: string[] = [];
  const { isTTY = false, ...rest } = settings;
  const destination = { isTTY, write: (line: string) => lines.push(line) };
  const logger = createLogger(
    { destination, ...rest },
    { service: "castellan", instance: "a" },
    createManualClock(),
  );
  return { logger, lines, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const base = { time: "2026-01-01T00:00:00.000Z", service: "castellan", instance: "a" };

test("a line is one JSON object with level, time, message and fields", () => {
  const { logger, lines, records } = capture({ level: "debug" });
  logger.debug("one");
  logger.info("two", { server: "x", token: "hunter2" });
  logger.warn("used Bearer abc12345 %s %o", { text: "a\nb" });
  expect(lines.every((line) => line.endsWith("}\n") && line.indexOf("\n") === line.length - 1)).toBe(true);
  expect(records()).toEqual([
    { level: "debug", ...base, message: "one" },
    { level: "info", ...base, server: "x", token: "[redacted]", message: "two" },
    { level: "warn", ...base, text: "a\nb", message: "used Bearer [redacted] %s %o" },
  ]);
});

test("lines below the level are not written, and their fields are not looked at", () => {
  const { logger, lines } = capture({ level: "warn" });
  let looks = 0;
  const fields = {
    get costly() {
      looks++;
      return 1;
    },
  };
  logger.debug("no", fields);
  logger.info("no", fields);
  expect([lines, looks]).toEqual([[], 0]);
  logger.warn("yes", fields);
  expect([lines.length, looks]).toEqual([1, 1]);
});

test("a child adds its fields; nearer ones win, and no name comes twice", () => {
  const { logger, lines, records } = capture();
  logger.child({ request: "r1", password: "x" }).child({ request: "r2" }).info("hello", { instance: "mine" });
  expect(records()).toEqual([
    { level: "info", ...base, request: "r2", password: "[redacted]", instance: "mine", message: "hello" },
  ]);
  expect(lines[0]?.match(/"(request|instance)":/g)).toEqual(['"instance":', '"request":']);
});

test("fields cannot pose as the parts that every line has", () => {
  const { logger, lines, records } = capture();
  logger.info("real", { level: "error", time: "never", message: "forged" });
  expect(records()).toEqual([
    { level: "info", ...base, level_: "error", time_: "never", message_: "forged", message: "real" },
  ]);
  expect(lines[0]?.match(/"(level|time|message)":/g)).toEqual(['"level":', '"time":', '"message":']);
});

test("a fault is written with code, owner and field", () => {
  const { logger, records } = capture();
  logger.error("refused", { error: kernelFaults.fault("invalid_input", "slug is bad", { field: "slug" }) });
  const [{ error } = { error: {} }] = records();
  expect({ ...(error as object), stack: undefined }).toEqual({
    type: "Fault",
    message: "slug is bad",
    code: "invalid_input",
    owner: "caller",
    field: "slug",
    stack: undefined,
  });
});

test("on a terminal a line is readable, and cannot drive the terminal", () => {
  const { logger, lines } = capture({ isTTY: true, hasColors: false, level: "debug" });
  logger.info("Listening", { url: "http://localhost:8080", note: "two words", n: 1 });
  logger.warn("evil \u001b]0;title\u0007 \u202e", { "na\u001bme": "a\nb\u009b" });
  expect(lines).toEqual([
    '00:00:00.000 INFO  Listening  url=http://localhost:8080 note="two words" n=1\n',
    '00:00:00.000 WARN  evil \\u001b]0;title\\u0007 \\u202e  na\\u001bme="a\\nb\\u009b"\n',
  ]);
});

test("on a terminal an error stands below its line, with its causes", () => {
  const { logger, lines } = capture({ format: "readable", hasColors: false });
  const error = new Error("outer", { cause: Object.assign(new TypeError("inner\u001b"), { code: "E1" }) });
  error.stack = "Error: outer\n    at outer (file.ts:1:1)";
  (error.cause as Error).stack = "";
  logger.error("Failed", { server: "x", error });
  expect(lines).toEqual([
    [
      "00:00:00.000 ERROR Failed  server=x",
      "  Error: outer",
      "    at outer (file.ts:1:1)",
      "  caused by TypeError E1: inner\\u001b",
      "",
    ].join("\n"),
  ]);
});

test("a terminal with colours gets them, and a pipe gets JSON", () => {
  const terminal = capture({ isTTY: true });
  terminal.logger.info("hi");
  expect(terminal.lines).toEqual(["\u001b[90m00:00:00.000\u001b[0m \u001b[32mINFO \u001b[0m hi\n"]);
  const pipe = capture();
  pipe.logger.info("hi");
  expect(pipe.records()).toEqual([{ level: "info", ...base, message: "hi" }]);
});

test("a silent logger writes nothing", () => {
  const { logger, lines } = capture({ level: "silent" });
  logger.error("hi");
  expect(lines).toEqual([]);
});
