/** True for a time zone of the tz database known to this Node.js or browser. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** True for a time zone that Databricks accepts. Besides the tz database, Java has offsets such as `UTC+2`. */
export function isJavaTimeZone(name: string): boolean {
  return /^(?:UTC|GMT|UT)[+-]\d{1,2}(?::?\d\d)?$/.test(name) || isTimeZone(name);
}
