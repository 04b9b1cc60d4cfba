/** Stands for what only the apply knows. An expression, so that no rule takes it for a value or for nothing. */
export const UNKNOWN_VALUE = "${known after apply}";

/** Stands for a value that its author has marked as secret; an expression, too. A number behind it tells several apart. */
export const SENSITIVE_VALUE = "${sensitive}";

/** True for {@link SENSITIVE_VALUE}, with a number or without. */
export function isSensitive(text: string): boolean {
  return /^\$\{sensitive(?: \d+)?\}$/.test(text);
}

const numbers = new Map<string, number>();

/** Stands for a secret value: equal for equal secrets, within one process, so that a change can be reported without showing it. */
export function maskSecret(secret: string): string {
  const number = numbers.get(secret) ?? numbers.size + 1;
  numbers.set(secret, number);
  return `\${sensitive ${number}}`;
}
