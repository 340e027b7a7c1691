/** A run that hangs costs more than one that fails. */

/** Ends the process with a word when it still runs after this time, milliseconds. */
export function endAfter(ms: number): Disposable {
  const timer = setTimeout(() => {
    console.error(`It did not end within ${Math.round(ms / 1000)} s and is given up`);
    process.exit(1);
  }, ms);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
