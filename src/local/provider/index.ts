export { startProvider } from "./start-provider";
export { providerVersionFor, type ProviderVersion } from "./version";
export type { Reattach, RunningProvider, StartProviderOptions } from "./start-provider";
