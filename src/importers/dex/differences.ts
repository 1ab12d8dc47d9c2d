/** Finds where the rendered dex.yaml differs from the imported file. */
import { isDeepStrictEqual } from 'node:util'
import { isMap, own } from '../../maps.ts'
import type { NotCarried } from '../contract.ts'
import { isStandIn } from '../rendered-import.ts'
import { settingsBelow, shownSetting, shownValue } from '../shown-setting.ts'
import type { ReadConnector } from './connector.ts'

type Tree = Readonly<Record<string, unknown>>
type Settings = ReadonlyMap<string, unknown>

/** Lists what is lost, changed or new in a connector, unless it was reported before. */
export function connectorDifferences(connector: ReadConnector, rendered: Tree, notCarried: NotCarried[]): void {
  const { type, where } = connector.input
  const other = renderedConnector(connector, rendered)
  if (!other) return
  const mine = new Map(settingsBelow('', connector.input.config))
  const theirs = new Map(settingsBelow('', other['config']))
  if (other['type'] !== type) {
    notCarried.push({
      where: `${where}.type`,
      what: type,
      why: `The rendered file uses the connector ${String(other['type'])} instead. Compare names and groups in the tokens of Dex before your applications use it.`,
    })
  }
  const isAnother = other['type'] !== type
  for (const [name, value] of mine) {
    // Another connector has other settings, but returns to the same address.
    if (isAnother && name !== 'redirectURI') continue
    if (notCompared.includes(name) || wasSaid(connector, name, notCarried)) continue
    const written = theirs.get(name)
    if (isStandIn(written ?? '') || isSame(name, value, written)) continue
    notCarried.push({
      where: `${where}.config.${name}`,
      what: shownValue(name, value),
      why: whyOf(name, written, mine),
    })
  }
  if (isAnother) return
  const unsaid = [...theirs].filter(([name]) => !wasSaid(connector, name, notCarried))
  tellWhatIsNew(where, { mine, theirs: new Map(unsaid) }, notCarried)
}

function renderedConnector({ className }: ReadConnector, rendered: Tree): Tree | undefined {
  const list: unknown = rendered['connectors']
  return Array.isArray(list) ? list.filter(isMap).find(({ id }) => id === className) : undefined
}

/** Written again as references to variables; `host` comes with its port. */
const notCompared = ['clientID', 'clientSecret', 'bindDN', 'bindPW', 'host', 'org', 'rootCAData']

function wasSaid({ input, left }: ReadConnector, name: string, notCarried: readonly NotCarried[]): boolean {
  const isBelow = (path: string) => name === path || name.startsWith(`${path}.`) || name.startsWith(`${path}[`)
  if (left.some((path) => isBelow(path.join('.')))) return true
  const start = `${input.where}.config.`
  return notCarried.some(({ where }) => where.startsWith(start) && isBelow(where.slice(start.length)))
}

/** Defaults of Dex. */
const defaults: Settings = new Map<string, unknown>([
  ['scopes', ['profile', 'email']],
  ['userNameKey', 'name'],
  ['userSearch.idAttr', 'uid'],
  ['userSearch.emailAttr', 'mail'],
  ['userSearch.scope', 'sub'],
  ['teamNameField', 'name'],
])

function isSame(name: string, mine: unknown, theirs: unknown): boolean {
  const [a, b] = [mine ?? defaults.get(name) ?? false, theirs ?? defaults.get(name) ?? false]
  if (isDeepStrictEqual(a, b) || isEmpty(a, b)) return true
  // Dex adds `openid` itself, and reads a text as a list of one.
  const sorted = (value: unknown) =>
    [value]
      .flat()
      .filter((item) => item !== 'openid')
      .sort()
  return isDeepStrictEqual(sorted(a), sorted(b))
}

function isEmpty(a: unknown, b: unknown): boolean {
  const says = (value: unknown) => value !== false && value !== '' && !(Array.isArray(value) && value.length === 0)
  return !says(a) && !says(b)
}

function whyOf(name: string, written: unknown, mine: Settings): string {
  if (name === 'rootCAs' && mine.get('insecureSkipVerify') === true) {
    return 'insecureSkipVerify beside it wins, so no certificate is checked, and the rendered file has no rootCAs. Take insecureSkipVerify away and import again to have them checked.'
  }
  if (written === undefined) {
    const reason = own(lostReasons, name)
    return reason ?? 'The rendered file does not have it. Put it back there if you need it.'
  }
  const shown = shownSetting(name, written, ':')
  if (/^rootCAs?$/.test(name)) return `The rendered file has ${shown}. Mount the file there.`
  if (name === 'redirectURI') {
    return `The rendered file has ${shown}, based on the issuer of Dex. Register that address at the provider, or put yours back into the rendered file.`
  }
  return `The rendered file has ${shown} here. Change it there if you need yours.`
}

const lostReasons: Readonly<Record<string, string>> = {
  insecureSkipEmailVerified:
    'Without it Dex refuses people without `email_verified`: missing "email_verified" claim. Let the provider send it as true, or put the line back into the rendered file.',
  pkceChallenge:
    'The rendered file leaves PKCE to Dex, which from 2.45 on uses it when the discovery document of the provider announces it. Put the line back if the provider requires PKCE and does not announce it.',
  getUserInfo:
    'Dex now reads names and groups only from the ID token. Put the line back if the provider sends them only at its userinfo endpoint.',
}

const newReasons: Readonly<Record<string, (written: unknown) => string>> = {
  userNameKey: (written) =>
    `Without a userNameKey, as in your file, Dex takes the claim \`name\`; now \`name\` in its tokens is ${String(written)}. Delete the line from the rendered file to keep the names that people see.`,
  insecureSkipEmailVerified: () =>
    'Addresses now count as verified, because this vendor is known to send no `email_verified`. Delete the line from the rendered file if yours sends it.',
}

function tellWhatIsNew(
  where: string,
  { mine, theirs }: { mine: Settings; theirs: Settings },
  notCarried: NotCarried[],
): void {
  const added = [...theirs].filter(
    ([name, value]) =>
      !mine.has(name) &&
      !notCompared.includes(name) &&
      !name.startsWith('orgs[') &&
      !isSame(name, undefined, value) &&
      !isStandIn(value),
  )
  for (const [name, value] of added) {
    const why = own(newReasons, name)?.(value)
    if (why === undefined) continue
    notCarried.push({
      where: `${where}.config`,
      what: `set in the rendered file, but not in yours: ${shownSetting(name, value, ':')}`,
      why,
    })
  }
  tell(
    `${where}.config`,
    added.filter(([name]) => !Object.hasOwn(newReasons, name)),
    notCarried,
  )
}

function tell(where: string, settings: readonly [string, unknown][], notCarried: NotCarried[]): void {
  if (settings.length === 0) return
  notCarried.push({
    where,
    what: `set in the rendered file, but not in yours: ${settings.map(([name, value]) => shownSetting(name, value, ':')).join(', ')}`,
    why: 'Dex behaves differently without them. Delete from the rendered file what you do not want.',
  })
}

/** Listed by their own importers. */
const ownParts = ['connectors', 'staticClients', 'storage', 'issuer']

/** Lists what is new in a whole file; the reader of the file lists what is lost. */
export function fileDifferences(
  { name, data }: { name: string; data: Tree },
  rendered: Tree,
  notCarried: NotCarried[],
): void {
  if (data['issuer'] !== rendered['issuer'] && typeof rendered['issuer'] === 'string') {
    notCarried.push({
      where: `${name}: issuer`,
      what: shownValue('issuer', data['issuer']),
      why: `The rendered file has ${shownSetting('issuer', rendered['issuer'], ':')}, and applications compare it exactly. Put yours back into the rendered file, or give them the other one.`,
    })
  }
  const mine = new Map(settingsBelow('', data))
  const unsaid = new Map<string, unknown>([
    ['oauth2.responseTypes', ['code']],
    ['enablePasswordDB', false],
  ])
  const added = settingsBelow('', rendered).filter(
    ([path, value]) =>
      !ownParts.includes(path.split(/[.[]/)[0] ?? '') &&
      !mine.has(path) &&
      !isDeepStrictEqual(unsaid.get(path), value) &&
      !isStandIn(value),
  )
  tell(name, added, notCarried)
}
