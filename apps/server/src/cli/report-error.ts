/** Errors for people: `castellan: <what> (code)` and a line that says what to do, if there is one. */
import { Fault, isFault } from "@castellan/kernel";
import { clean } from "./output/clean.ts";
import type { Terminal } from "./terminal.ts";

/** Writes the error and returns the exit code. */
export function reportError(error: unknown, terminal: Terminal): 1 | 2 {
  if (!isFault(error)) {
    const { message, stack } =
      error instanceof Error ? error : new Error("something that is no error was thrown");
    terminal.note(`castellan: ${clean(message)} (internal_error)`);
    terminal.note(`  This is a defect of Castellan's. ${stack?.split("\n").slice(1).join("\n") ?? ""}`);
    return 1;
  }
  terminal.note(`castellan: ${cleanLines(error.message)} (${clean(error.code)})`);
  const hint = hintOf(error);
  if (hint !== undefined) terminal.note(`  ${hint}`);
  return usageCodes.has(error.code) ? 2 : 1;
}

const usageCodes = new Set(["usage_invalid", "not_confirmed"]);

/** Of a fault's data: what to do about it. */
const hintKey = "hint";

/** The same failure with what to do about it, where a command knows better than the code says. */
export function withHint(fault: Fault, hint: string): Fault {
  const { code, owner, status, retryable, message, data } = fault;
  return new Fault(code, { owner, status, retryable, help: "" }, message, {
    data: { ...data, [hintKey]: hint },
    cause: fault,
  });
}

/** What to do about it, where there is more to say than the message does. */
const hints: Readonly<Record<string, string>> = {
  usage_invalid: "`castellan --help`, or `--help` after a command, lists what there is.",
  access_unknown:
    "Start a server in this folder with `castellan up`; sign in to one elsewhere with `castellan login --url URL`, or set CASTELLAN_URL and CASTELLAN_TOKEN.",
  login_over: "`castellan login` signs you in again.",
  server_unreachable: "`castellan doctor` looks for the reason; `castellan up` starts a server.",
  server_answer_invalid: "`castellan doctor` says which URL was used and where it comes from.",
  token_invalid: "`castellan doctor` says which token was used and where it comes from.",
  token_expired: "An admin makes a new one with `castellan token create NAME`.",
  permission_required: "`castellan whoami` says who you are, and what your role allows.",
  outbound_refused:
    "Where it is to be at a private address, allow that by name: --allow-private HOST, HOST:PORT or CIDR.",
  server_slug_taken: "`castellan server list` shows what is registered.",
  server_unknown: "`castellan server list` shows what is registered.",
  portal_not_found: "`castellan portal list` shows those that there are.",
  version_stale:
    "Somebody else was faster, so nothing was changed. Look at it again, and repeat the command if it is still right.",
  definition_changed:
    "It changed after it was shown, so nothing was decided. `castellan server definitions SERVER` shows it as it is now.",
  server_headers_required:
    "Headers are not sent to another address by themselves: give them anew, or take them away with --no-header.",
  server_secrets_required:
    "Secrets are not sent to another address, nor to another authorization server, by themselves: give them anew.",
  person_wanted: "`castellan login` signs you in; commands then ask as you.",
  account_not_taken:
    "`castellan server edit SERVER --auth KIND` says how requests to it are authorized; with some kinds somebody signs in.",
  alias_taken: "`castellan portal tools PORTAL` shows which names there are.",
  hostname_taken: "`castellan portal list` shows who has it.",
  secret_missing: "Set the variable or write the file, and repeat the command.",
  resource_not_managed: "Rename it in the file, or take it over with --adopt.",
  resource_in_use: "Take it out of that portal first: castellan portal remove-server PORTAL SERVER.",
  rule_not_found: "`castellan policy list` shows those that there are.",
  rule_name_taken: "`castellan policy edit NAME` changes it.",
  approval_not_found: "`castellan approval list` shows those that you may see.",
  approval_not_yours:
    "`castellan approval show ID` says who decides; `castellan whoami` says who you are, and `castellan login` signs you in.",
  run_unknown: "`castellan run list` shows those that are kept, with --mine your own.",
  token_name_taken: "`castellan token list` shows who has it.",
};

function hintOf({ code, data }: Fault): string | undefined {
  const [, ...others] = Array.isArray(data?.["problems"]) ? (data["problems"] as unknown[]) : [];
  const more = others.filter(isProblem).map(({ field, reason }) => `${clean(field)} ${clean(reason)}`);
  if (more.length > 0) return more.join("; ");
  const hint = data?.[hintKey];
  if (typeof hint === "string") return clean(hint);
  const requestId = data?.["requestId"];
  if (code === "internal_error" && typeof requestId === "string")
    return `The server's log has more under ${clean(requestId)}.`;
  return Object.hasOwn(hints, code) ? hints[code] : undefined;
}

function isProblem(value: unknown): value is { field: string; reason: string } {
  const { field, reason } = (value ?? {}) as { field?: unknown; reason?: unknown };
  return typeof field === "string" && typeof reason === "string";
}

/** Some of our own messages are lists with a problem on each line. */
function cleanLines(text: string): string {
  return text.split("\n").map(clean).join("\n");
}
