/**
 * Reads what vitest's JSON reporter wrote.
 *
 *     node results.mjs files REPORT                        the files in which something failed, one a line
 *     node results.mjs sum FOLDER QUICK CHECK HEAVY        what failed, then `N passed, N failed`; the exit codes of the three parts
 *
 * A failure in REPORT.json counts unless the same test passed in REPORT-again.json; it is told in either case. A counterexample
 * that a property test found counts whatever comes after it: another seed does not meet it again.
 */
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

const [command, place, ...codes] = process.argv.slice(2);

/** @param {string} line */
const print = (line) => process.stdout.write(`${line}\n`);

/** @type {(path: string) => { key: string, file: string, status: string, message: string }[] | undefined} */
function read(path) {
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")).testResults.flatMap(
    ({ name, status, message, assertionResults }) => {
      const file = relative(process.cwd(), name);
      const tests = assertionResults.map((test) => ({
        key: `${file} > ${test.fullName}`,
        file,
        status: test.status,
        message: test.failureMessages.join("\n"),
      }));
      // A file that does not load, or that fails outside of its tests.
      const whole = status === "failed" && tests.every((test) => test.status !== "failed");
      return whole ? [...tests, { key: file, file, status, message }] : tests;
    },
  );
}

function files() {
  const failed = (read(place) ?? []).filter(({ status }) => status === "failed");
  for (const file of new Set(failed.map((test) => test.file))) print(file);
}

function tell(kind, { key, message }) {
  print(`\n${kind}: ${key}\n${message.slice(0, 3_000)}`);
}

function sum() {
  let passed = 0;
  let failed = 0;
  for (const name of ["quick", "heavy"]) {
    const first = read(`${place}/${name}.json`);
    const again = read(`${place}/${name}-again.json`) ?? [];
    // A file that failed as a whole has passed when nothing in it fails any more.
    const failing = new Set(
      again.flatMap(({ key, file, status }) => (status === "failed" ? [key, file] : [])),
    );
    const passing = new Set(
      again.flatMap(({ key, file, status }) => (status === "passed" ? [key, file] : [])),
    );
    if (first === undefined) failed++;
    for (const test of first ?? []) {
      if (test.status === "passed") passed++;
      if (test.status !== "failed") continue;
      const isCounterexample = test.message.includes("Property failed after");
      const steady = isCounterexample || !passing.has(test.key) || failing.has(test.key);
      if (steady) failed++;
      else passed++;
      tell(steady ? "Failed" : "Unsteady", test);
    }
    for (const test of again)
      if (
        test.status === "failed" &&
        !first?.some(({ key, status }) => key === test.key && status === "failed")
      ) {
        failed++;
        tell("Failed", test);
      }
  }
  if (codes[1] === "0") passed++;
  else failed++;
  // A run that failed for another reason than a failed test is a failure, too.
  if (failed === 0 && codes.some((code) => code !== "0")) failed = 1;
  print(`\n${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

({ files, sum })[command]();
