import { own } from '../../maps.ts'

const quotes: Readonly<Record<string, string>> = { '39': "'", '34': '"', x27: "'", x22: '"', apos: "'", quot: '"' }

/** Decodes the quotes of a page: the messages of some vendors contain one, and most pages write it as a character reference. */
export function pageText(body: string): string {
  return body.replace(/&(?:#0*(39|34|x27|x22)|(apos|quot));/gi, (reference, number?: string, name?: string) => {
    return own(quotes, (number ?? name ?? '').toLowerCase()) ?? reference
  })
}
