export { newName } from "./names";
export { planSplit } from "./plan";
export { INHERITED, movesWithCode, namedParametersOf } from "./task-parts";
export * from "./types";
