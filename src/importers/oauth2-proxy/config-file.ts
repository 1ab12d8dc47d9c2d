/** oauth2-proxy.cfg, and other files of one shape: variables, a list of e-mail addresses. */
import { parse as parseToml } from 'smol-toml'
import { type ImportFile, UnreadableImport } from '../contract.ts'
import { nothing, type ProxyFile, settingsOf } from './found.ts'

/** Names of keys have no case there. */
export function readConfigFile({ name, text }: ImportFile): ProxyFile {
  const entries = Object.entries(parsed({ name, text })).map(([key, value]): [string, unknown] => [
    key.toLowerCase(),
    value,
  ])
  return { ...nothing, settings: settingsOf(entries, { rank: 'file', place: name }), hasConfig: true }
}

/** The message of the parser quotes the line, which may hold a secret. */
function parsed({ name, text }: ImportFile): Record<string, unknown> {
  try {
    return parseToml(text)
  } catch (error) {
    const line = error instanceof Error && 'line' in error ? Number(error.line) : undefined
    if (line === undefined) throw new UnreadableImport(name, 'is not TOML')
    const key = keyTwice(text, line)
    throw new UnreadableImport(
      name,
      key === undefined
        ? `line ${line}: is not TOML`
        : `line ${line}: ${key} is there twice (first in line ${key === undefined ? 0 : lineOf(text, key)}), and oauth2-proxy does not start with that. Remove one of the two`,
    )
  }
}

/** The key of that line, if an earlier line has it too. */
function keyTwice(text: string, line: number): string | undefined {
  // The parser may be one line further: at the end of the value.
  for (const at of [line, line - 1]) {
    const key = keyOf(text.split(/\r?\n/)[at - 1] ?? '')
    if (key !== undefined && lineOf(text, key) < at) return key
  }
  return undefined
}

function lineOf(text: string, key: string): number {
  return text.split(/\r?\n/).findIndex((line) => keyOf(line) === key) + 1
}

function keyOf(line: string): string | undefined {
  return /^\s*"?([A-Za-z][A-Za-z0-9_-]*)"?\s*=/.exec(line)?.[1]
}

/** What oauth2-proxy reads with authenticated_emails_file: one address a line, `#` begins a comment. */
export function emailsIn(text: string): string[] | undefined {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const isList = lines.length > 0 && lines.every((line) => /^[^\s@",=:]+@[^\s@",=:]+$/.test(line))
  return isList ? lines.map((line) => line.toLowerCase()) : undefined
}
