/** Placeholder for a value known after apply. It is an expression, so rules treat it as neither a value nor absent. */
export const UNKNOWN_VALUE = "${known after apply}";

/** Placeholder for a sensitive value; also an expression. A number distinguishes several. */
export const SENSITIVE_VALUE = "${sensitive}";

/** True for {@link SENSITIVE_VALUE}, with or without a number. */
export function isSensitive(text: string): boolean {
  return /^\$\{sensitive(?: \d+)?\}$/.test(text);
}

const numbers = new Map<string, number>();

/** Placeholder for a secret: equal for equal secrets in one process, so that diffs can report changes. */
export function maskSecret(secret: string): string {
  const number = numbers.get(secret) ?? numbers.size + 1;
  numbers.set(secret, number);
  return `\${sensitive ${number}}`;
}
