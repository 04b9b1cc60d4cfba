/** The delay that a `Retry-After` header asks for, in seconds or as a date. @returns milliseconds */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const delay = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000;
  return Number.isNaN(delay) ? undefined : Math.max(0, delay);
}
