export { callBuiltin, isBuiltin } from "./builtins";
export { callExternal } from "./modules";
export { callMethod, isSessionName, member } from "./methods";
export { isTooLong } from "./text";
