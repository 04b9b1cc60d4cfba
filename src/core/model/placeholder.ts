/** Placeholder of a value that is known after apply. It is an expression, so rules treat it neither as a value nor as absent. */
export const UNKNOWN_VALUE = "${known after apply}";

/** Placeholder of a value that is marked as sensitive; an expression, too. A number distinguishes several. */
export const SENSITIVE_VALUE = "${sensitive}";

/** True for {@link SENSITIVE_VALUE}, with a number or without. */
export function isSensitive(text: string): boolean {
  return /^\$\{sensitive(?: \d+)?\}$/.test(text);
}

const numbers = new Map<string, number>();

/** Placeholder of a secret value: equal for equal secrets within one process, so that changes can be reported. */
export function maskSecret(secret: string): string {
  const number = numbers.get(secret) ?? numbers.size + 1;
  numbers.set(secret, number);
  return `\${sensitive ${number}}`;
}
