const quotes: Readonly<Record<string, string>> = { '39': "'", '34': '"', x27: "'", x22: '"', apos: "'", quot: '"' }

/** A page as people read it, as far as quotes go: the words of some vendors have one, and most pages write it as a reference. */
export function pageText(body: string): string {
  return body.replace(/&(?:#0*(39|34|x27|x22)|(apos|quot));/gi, (reference, number?: string, name?: string) => {
    return quotes[(number ?? name ?? '').toLowerCase()] ?? reference
  })
}
