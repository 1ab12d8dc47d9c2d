/** oauth2-proxy.cfg, and other files of one shape: variables, a list of e-mail addresses. */
import type { ImportFile } from '../contract.ts'
import { tomlSettings } from '../toml-settings.ts'
import { nothing, type ProxyFile, settingsOf } from './found.ts'

/** Names of keys have no case there. */
export function readConfigFile({ name, text }: ImportFile): ProxyFile {
  const entries = Object.entries(tomlSettings({ name, text })).map(([key, value]): [string, unknown] => [
    key.toLowerCase(),
    value,
  ])
  return { ...nothing, settings: settingsOf(entries, { rank: 'file', place: name }), hasConfig: true }
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
