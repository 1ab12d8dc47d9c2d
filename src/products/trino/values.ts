/** How Trino interprets a value after reading the file. */
import { airliftVariable } from '../../formats.ts'
import { commaList, type PropertySyntax } from '../extra/files.ts'
import type { RefusedKeys } from '../extra/values.ts'

/** Airlift replaces `${word:...}` and has no escape for it. */
export function isExpanded(text: string): boolean {
  return /\$\{[a-zA-Z][a-zA-Z0-9_-]*:[^}]+\}/.test(text)
}

/** Where Trino looks for the certificate authority of a class; launcher and images link `etc` into the working directory. */
export function trinoCaFile({ className }: { className: string }): string {
  return `etc/${className}-ca.pem`
}

export const trinoSyntax: PropertySyntax = {
  text: (text) => (isExpanded(text) ? undefined : text),
  variable: airliftVariable,
  list: commaList,
}

export const refusedKeys: RefusedKeys = [
  [
    /^http-server\.authentication\.allow-insecure-over-http$/,
    'lets passwords and names come over http. Behind a proxy it is not needed: with http-server.process-forwarded=true, which render writes, Trino takes X-Forwarded-Proto: https of the proxy for TLS',
  ],
  [
    /^http-server\.authentication\.oauth2\.(?:additional-audiences|refresh-tokens|user-mapping)/,
    'has a setting of its own: write it below `trino` of the product',
  ],
  [/^http-server\.authentication\.insecure/, 'lets anybody in under any name: take it out'],
  [
    /^http-server\.authentication\.oauth2\.oidc\./,
    'decides where Trino reads the addresses, which render does by the class: take it out',
  ],
]
