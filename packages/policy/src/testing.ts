/** For the tests of packages above: an evaluator that is really asked. */
export { startTestEvaluator, type Asked, type TestEvaluator } from "./evaluators/testing.ts";
