/** True for a time zone of the tz database that this Node.js or browser knows. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** True for a time zone that the workspace takes: Java has offsets such as `UTC+2` beside the tz database. */
export function isJavaTimeZone(name: string): boolean {
  return /^(?:UTC|GMT|UT)[+-]\d{1,2}(?::?\d\d)?$/.test(name) || isTimeZone(name);
}
