export * from "./code-lineage";
