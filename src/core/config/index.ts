export * from "./baseline";
export * from "./config";
export * from "./ignore";
export * from "./presets";
