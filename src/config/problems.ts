/** The environment asks for something that cannot be. The message has a line for each variable that is wrong. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** A line for every variable found wrong, in the order they were read. */
export type Problems = string[];

/** The text without passwords, and without the user before an `@`, whether or not it is a URL. */
export function hidePasswords(text: string): string {
  return text.replace(/(pass\w*\s*=\s*)[^&]*/gi, '$1***').replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1***@');
}

/** Notes that a variable is wrong, what it says (without passwords) and what it must be. */
export function complain(problems: Problems, variable: string, value: string, expected: string): void {
  problems.push(`${variable} is ${JSON.stringify(hidePasswords(value))}, but must be ${expected}.`);
}

/** Notes that a variable is not set, and why it must be. */
export function complainOfMissing(problems: Problems, variable: string, reason: string): void {
  problems.push(`${variable} is not set, but ${reason}.`);
}

/** Notes that a variable is needed and not there. */
export function complainMissing(problems: Problems, variable: string, expected: string): void {
  problems.push(`${variable} is missing: it must be ${expected}.`);
}

/** A variable that is `on` or `off`; `usual` where it is not set. */
export function readSwitch(variable: string, value: string | undefined, problems: Problems, usual = false): boolean {
  if (!value) return usual;
  if (value !== 'on' && value !== 'off') complain(problems, variable, value, 'on or off');
  return value === 'on';
}
