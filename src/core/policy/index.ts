export * from "./check";
export * from "./configure";
export * from "./evaluate";
export * from "./located";
export * from "./rule-page";
export * from "./rule";
export * from "./suppressions";
export * from "./rules";
