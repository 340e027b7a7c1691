/** For the tests of packages above: an evaluator that is really asked, and a database of countries. */
export { makeMmdb } from "./connection/testing.ts";
export { startTestEvaluator, type Asked, type TestEvaluator } from "./evaluators/testing.ts";
