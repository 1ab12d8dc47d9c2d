import { hash } from 'node:crypto'
import type { Look } from './look.ts'

/**
 * Headers of every page. Chromium applies `form-action` to every redirect that follows a form, so it must name the origin to which the
 * person is going, besides our own. `script` is the text of the page's only script, if it has one.
 */
export function pageHeaders(
  { brand, language }: Pick<Look, 'brand' | 'language'>,
  { formTargets = [], script }: { formTargets?: readonly string[]; script?: string | undefined } = {},
): Record<string, string> {
  const formAction = ["'self'", ...new Set(formTargets)].join(' ')
  const scripts = script === undefined ? '' : `script-src ${scriptSource(script)}; `
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-language': language.tag,
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; ${scripts}style-src ${brand.styleSource}; img-src ${brand.imageSources}; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // With `no-referrer` browsers send `Origin: null` with our own forms, just as a foreign site would.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  }
}

function scriptSource(script: string): string {
  return `'sha256-${hash('sha256', script, 'base64')}'`
}
