export { startProvider } from "./start-provider";
export type { Reattach, RunningProvider, StartProviderOptions } from "./start-provider";
