/** What Windows fits into a code page: fraction and division slash, set minus, and the signs of yen and won in the place of a backslash. */
const fitted: Readonly<Record<string, string>> = {
  '\u2044': '/',
  '\u2215': '/',
  '\u2216': '\\',
  '\u00a5': '\\',
  '\u20a9': '\\',
}
const fittedCharacters = /[\u2044\u2215\u2216\u00a5\u20a9]/g

/** A path as those read it to whom compatible characters are alike (NFKC, Unicode Standard Annex 15): a wide slash is a slash. */
export function asCompatible(text: string): string {
  return text.normalize('NFKC').replace(fittedCharacters, (character) => fitted[character] ?? character)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
const ascii = /[\u0000-\u007f]+/g
/** What ends or parts segments, or a name in one. Letters are compared so that compatible ones are alike (decide.ts). */
const parting = /[/\\.;?#%:~]/

/** Whether a character beyond ASCII stands for one by which servers part a path. */
export function hidesPartingCharacters(text: string): boolean {
  const beyond = text.replace(ascii, '')
  return beyond !== '' && parting.test(asCompatible(beyond))
}
