/** `castellan doctor`: looks at everything that can be looked at, whether a server runs or not. */
import { clean } from "../output/clean.ts";
import { toJson } from "../output/json.ts";
import type { SessionOptions } from "../session.ts";
import type { Style, Terminal } from "../terminal.ts";
import { problem, type Check, type Finding, type Patient, type Verdict } from "./check.ts";
import { dataFolderCheck, diskCheck, masterKeyCheck } from "./folder-checks.ts";
import { isolateCheck } from "./isolate-check.ts";
import { nodeCheck, postgresCheck, settingsCheck } from "./machine-checks.ts";
import { serverCheck } from "./server-checks.ts";

const checks: readonly Check[] = [
  nodeCheck,
  settingsCheck,
  postgresCheck,
  isolateCheck,
  dataFolderCheck,
  masterKeyCheck,
  diskCheck,
  serverCheck,
];

/** Prints what was found and returns the exit code: 1 when there is a problem. */
export async function runDoctor(options: SessionOptions, terminal: Terminal): Promise<0 | 1> {
  const patient: Patient = { options, terminal };
  const findings = (await Promise.all(checks.map((check) => examine(check, patient)))).flat();
  const isWell = findings.every(({ verdict }) => verdict !== "problem");
  if (options.json) terminal.print(toJson({ ok: isWell, findings }, 2));
  else printFindings(findings, terminal);
  return isWell ? 0 : 1;
}

async function examine(check: Check, patient: Patient): Promise<readonly Finding[]> {
  try {
    return await check.run(patient);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown reason";
    return [problem(check.name, `could not be looked at: ${reason}`, "Repair that and look again.")];
  }
}

const styles: Readonly<Record<Verdict, Style>> = { ok: "green", warning: "yellow", problem: "red" };

function printFindings(findings: readonly Finding[], terminal: Terminal): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, verdict, detail, advice } of findings) {
    const label = terminal.paint(styles[verdict], verdict.padEnd("problem".length));
    terminal.print(`${label}  ${clean(check).padEnd(width)}  ${clean(detail)}`);
    if (advice !== undefined) terminal.print(`${" ".repeat("problem".length + width + 4)}→ ${clean(advice)}`);
  }
}
