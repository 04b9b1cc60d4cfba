export * from "./baseline";
export * from "./config";
export * from "./presets";
