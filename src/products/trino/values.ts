/** How Trino interprets a value after reading the file. */

/** Airlift replaces `${word:...}` and has no escape for it. */
export function isExpanded(text: string): boolean {
  return /\$\{[a-zA-Z][a-zA-Z0-9_-]*:[^}]+\}/.test(text)
}

/** Where Trino looks for the certificate authority of a class; launcher and images link `etc` into the working directory. */
export function trinoCaFile({ className }: { className: string }): string {
  return `etc/${className}-ca.pem`
}
