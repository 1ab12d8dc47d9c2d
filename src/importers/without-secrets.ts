/**
 * The last look at an import before anybody sees it. Importers leave secrets out where they know of them; here nothing gets by that an importer
 * did not think of: user names, passwords and queries of addresses, and values of settings that are named like a secret.
 */
import { shownAddress, withoutUserinfo } from '../config/shown-text.ts'
import type { Data } from '../formats.ts'
import { isMap } from '../maps.ts'
import { type Imported, type ImportFile, importSources, type NotCarried } from './contract.ts'
import { type InputValue, inputValues } from './input-values.ts'
import { givesNothingAway } from './settings-tree.ts'
import { type Harmless, isHarmless } from './shown-setting.ts'

/** The same import without secrets in its messages, nor in addresses of its configuration. `harmless` is the list of the tool. */
export function withoutSecrets(imported: Imported, files: readonly ImportFile[], harmless?: Harmless): Imported {
  const passwords = files.flatMap(({ text }) => passwordsIn(text))
  const secrets = [...passwords, ...files.flatMap(({ text }) => secretsIn(text))]
  const unknown = harmless === undefined ? [] : unknownValues(files, harmless)
  const hide = (text: string, hidden: readonly string[]) =>
    hidden.reduce((kept, value) => kept.replaceAll(value, '…'), withoutParts(text))
  const clean = (text: string) => hide(text, secrets)
  const cleaner = (text: string) => hide(text, [...secrets, ...unknown])
  const cut: NotCarried[] = []
  const lose = (where: string) => {
    cut.push({
      where: `gatehouse.yaml: ${where}`,
      what: 'the user name, password or query of an address',
      why: 'They may be secret and are not copied. Change them if others have seen the file.',
      effect: 'secret',
    })
  }
  const config = cleanMap(imported.config, [], { passwords, lose })
  return {
    config,
    comments: imported.comments.map(({ path, text }) => ({ path, text: cleaner(text) })),
    notCarried: [
      ...imported.notCarried.map((entry) => ({
        ...entry,
        where: clean(entry.where),
        what: cleaner(entry.what),
        why: cleaner(entry.why),
      })),
      ...cut,
    ],
  }
}

/**
 * Values of settings that the tool's list does not have, unless a harmless one has the same: those that could be passwords. Words, names of
 * hosts and of files would be found in every message.
 */
function unknownValues(files: readonly ImportFile[], harmless: Harmless): string[] {
  const all = files.flatMap(inputValues)
  const isKnown = ({ name }: InputValue) => isHarmless(name, harmless)
  const known = new Set(all.filter(isKnown).map(({ value }) => value))
  return all
    .filter((found) => !isKnown(found) && !known.has(found.value))
    .map(({ value }) => value)
    .filter(
      (value) => /^[^\s./:@]{8,}$/.test(value) && /\d/.test(value) && !importSources.some((name) => name === value),
    )
}

const address = /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi

/** A text whose addresses have no user, no password and no query. What ends a sentence is no part of an address. */
function withoutParts(text: string): string {
  return text.replace(address, (found) => {
    const [, url = found, end = ''] = /^(.*?)([.,:;)\]]*)$/s.exec(found) ?? []
    return shownAddress(url) + end
  })
}

/** `existingSecret` and `clientCredentialsSecret` are names of Secrets of Kubernetes. */
const named =
  /(?:(?<!existing[-_]?|clientCredentials)secret|passw(?:or)?d|passphrase|pwd|bindpw|credentials?|private_?key|api_?key|token)["']?\s*[:=]\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s,}\]]+))/gi

/** Values of settings that are named like a secret. Short ones are words that other words contain. */
function secretsIn(text: string): string[] {
  return [...text.matchAll(named)]
    .map(([, double, single, plain]) => double ?? single ?? plain ?? '')
    .filter((value) => value.length >= 8 && !givesNothingAway(value) && !/^[a-z]+(?:[_-][a-z]+)*$/.test(value))
}

/** The password of `user:password@host`, also where that is no whole address. */
function passwordsIn(text: string): string[] {
  return [...text.matchAll(/:([^\s:@/"']{6,})@/g)]
    .map(([, password = '']) => password)
    .filter((text) => !givesNothingAway(text))
}

interface Cut {
  passwords: readonly string[]
  lose: (where: string) => void
}

function cleanMap(map: Readonly<Record<string, Data>>, path: readonly string[], cut: Cut): Record<string, Data> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, cleanData(value, [...path, key], cut)]))
}

function cleanData(data: Data, path: readonly string[], cut: Cut): Data {
  if (typeof data === 'string') {
    const isAddress = /^[a-z][a-z0-9+.-]*:\/\//i.test(data)
    const isOpen = isAddress || cut.passwords.some((password) => data.includes(`:${password}@`))
    if (!isOpen) return data
    const plain = withoutUserinfo(data)
    // A redirect URI is compared to the letter.
    const kept = path.includes('redirectUris') ? plain : plain.replace(/\?.*$/s, '')
    if (kept !== data) cut.lose(path.join('.'))
    return kept
  }
  if (Array.isArray(data)) return data.map((item: Data, index) => cleanData(item, [...path, String(index)], cut))
  return isMap(data) && !(data instanceof Map) ? cleanMap(data as Readonly<Record<string, Data>>, path, cut) : data
}
