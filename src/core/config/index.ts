export * from "./baseline";
export * from "./config";
