export { invalidInput, parseInput } from "@castellan/kernel";
