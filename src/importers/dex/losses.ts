/** What a setting of Dex changes when it is not carried over, and the words for it. */
import { own } from '../../maps.ts'
import type { Effect, NotCarried } from '../contract.ts'
import type { SettingsTree } from '../settings-tree.ts'
import { settingsBelow, shownSetting } from '../shown-setting.ts'
import { harmless } from './documented-keys.ts'

/** `sub` in tokens of Dex is made of the id of the person at the provider and of the id of the connector. */
export const orphaned =
  'every account of people who signed in before is orphaned: `sub` in the tokens of Dex is made of the id of the person and the id of the connector, so applications take everybody for somebody new'

interface Words {
  effect: Effect
  why: string
}

const access =
  'Gatehouse does not hold people to it, so more people may get in than before. Limit them by `allowedGroups`, `hostedDomains` or `searchFilter` of the class before anybody signs in.'
const identity = `People become others: ${orphaned}. Keep this connector in a Dex of its own until the applications know the new names.`
const names =
  'People and groups get other names in the tokens of Dex, by which applications may know them. Compare both before the applications use it.'

const words: Readonly<Record<string, Words>> = {
  userIDKey: { effect: 'identity', why: identity },
  idAttr: { effect: 'identity', why: identity },
  useLoginAsID: { effect: 'identity', why: identity },
  userNameKey: { effect: 'identity', why: names },
  claimMapping: { effect: 'identity', why: names },
  claimModifications: { effect: 'identity', why: names },
  groupSearch: { effect: 'identity', why: names },
  nameAttr: { effect: 'identity', why: names },
  teamNameField: { effect: 'identity', why: names },
  groupNameFormat: { effect: 'identity', why: names },
  emailToLowercase: { effect: 'identity', why: names },
  inheritedGroups: { effect: 'identity', why: names },
  allowedGroups: { effect: 'access', why: access },
  groups: { effect: 'access', why: access },
  hostedDomains: { effect: 'access', why: access },
  orgs: { effect: 'access', why: access },
  org: { effect: 'access', why: access },
  teams: { effect: 'access', why: access },
  filter: { effect: 'access', why: access },
  jwksUri: {
    effect: 'setting',
    why: 'Nothing changes: Dex has no such key and ignores it. The address of the keys comes from the discovery document.',
  },
  postLogoutRedirectURIs: {
    effect: 'applications',
    why: 'People are not sent back to the application after sign-out. Only a Dex newer than 2.45 knows this key, and gatehouse.yaml has no place for it.',
  },
  signer: {
    effect: 'setting',
    why: 'The rendered Dex signs with keys that it keeps in its storage. Write another signer under `extra: { dex.yaml: ... }` of the product.',
  },
  sessions: {
    effect: 'setting',
    why: 'Only a Dex newer than 2.45 has sessions. Write them under `extra: { dex.yaml: ... }` of the product.',
  },
  mfa: {
    effect: 'access',
    why: 'No second factor is asked for any more. Only a Dex newer than 2.45 has them: ask for one at the provider.',
  },
  pkce: {
    effect: 'setting',
    why: 'Only a Dex newer than 2.45 knows it. Applications use PKCE or not, as they do now.',
  },
}

const unknown: Words = {
  effect: 'setting',
  why: 'gatehouse.yaml has no place for it, so the rendered Dex does without. `render` replaces its files, so it cannot be added there either.',
}
/** Beside connectors and clients, which are lists. */
const unknownSection: Words = {
  effect: 'setting',
  why: 'gatehouse.yaml has no setting for it, so the rendered Dex does without. Write it under `extra: { dex.yaml: ... }` of the product, if Dex has such a key.',
}

/** One entry for each group of settings that change the same, so that what matters is not among what does not. */
export function lostSettings(where: string, settings: readonly (readonly [string, unknown])[]): NotCarried[] {
  const bySaying = new Map<Words, string[]>()
  for (const [path, value] of settings) {
    for (const [name, inner] of settingsBelow(path, value)) {
      const said = wordsFor(name) ?? (where.includes('[') ? unknown : unknownSection)
      const shown = shownSetting(name, inner, { sign: ':', harmless })
      bySaying.set(said, [...(bySaying.get(said) ?? []), shown])
    }
  }
  return [...bySaying].map(([{ effect, why }, shown]) => ({ where, what: shown.join(', '), why, effect }))
}

/** The items of a list; what is none is lost, and Dex does not start with it. */
export function itemsOf(
  name: string,
  { settings }: { settings: SettingsTree },
  key: string,
  lost: NotCarried[],
): unknown[] {
  const value = settings.take([key])
  if (Array.isArray(value)) return value as unknown[]
  if (value !== undefined && value !== null) {
    lost.push({
      where: `${name}: ${key}`,
      what: 'what is no list',
      why: 'Nothing of it is carried: Dex does not start with it either. Write it as a list and import again.',
      effect: 'access',
    })
  }
  return []
}

function wordsFor(path: string): Words | undefined {
  const parts = path.replaceAll(/\[\d+\]/g, '').split('.')
  const key = parts.find((part) => own(words, part) !== undefined)
  return key === undefined ? undefined : own(words, key)
}
