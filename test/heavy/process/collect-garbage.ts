/**
 * Preloaded into a process under test (`NODE_OPTIONS=--import …`): SIGUSR2 collects its garbage, so that its heap
 * is what it holds and not what it has yet to throw away.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
process.on("SIGUSR2", () => collect());
