export { newName } from "./names";
export { planSplit } from "./plan";
export { INHERITED, movesWithCode } from "./task-parts";
export * from "./types";
