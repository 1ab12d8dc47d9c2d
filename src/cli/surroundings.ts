/** What a command sees of the machine, so that a test can run it. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  stdout: (text: string) => void
  stderr: (text: string) => void
  /** Whether standard output takes colour. */
  color: boolean
  /** Whether a person reads standard error. */
  isTerminal?: boolean
}

/** 0 fine, 1 problems found (each named), 2 the call or the configuration is wrong. */
export type ExitStatus = 0 | 1 | 2

/** Colours are for terminals, unless NO_COLOR (https://no-color.org) forbids or FORCE_COLOR demands them. */
export function wantsColor(stream: { isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** As in printable.ts, which only the called command loads; lines may end, and begin with a tab. */
const obeyed = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu

/** Makes text of several lines safe for a terminal. */
export function printableLines(text: string): string {
  return text.replace(obeyed, '\ufffd')
}
