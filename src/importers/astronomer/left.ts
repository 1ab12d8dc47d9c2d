/** What stays in the values of the reader, and what it means for who gets in. */
import { isMap, own } from '../../maps.ts'
import type { Effect } from '../contract.ts'
import { switchOf } from '../helm-values.ts'
import { type Harmless, settingsBelow, shownSetting } from '../shown-setting.ts'
import { auth, config, type Findings, houston, oidc, type Path, placeOf } from './findings.ts'
import { scimVendor } from './product.ts'

/** Settings whose values are no secrets, whatever they are. */
export const harmless: Harmless = new Set([
  'enabled',
  'publicSignups',
  'emailConfirmation',
  'disableUserManagement',
  'disableSSLVerify',
  'insecureDisableTls',
  'allowedSystemLevelDomains',
  'insecureIDPTokenLog',
  'idpGroupsImportEnabled',
  'idpGroupsRefreshEnabled',
  'systemAdmin',
  'systemEditor',
  'systemViewer',
  'clockTolerance',
  'flow',
  'claimsMapping',
  'ldap.host',
  'ldap.port',
  'ldap.baseDN',
  'ldap.baseDn',
])

interface AccessSetting {
  path: readonly string[]
  /** What the chart, or Houston, does without it. */
  usual: boolean
  why: string
}

const ownValues = 'The rendered values do not set it: keep it in your own.'

/** Settings that say who gets in, and that gatehouse.yaml has no place for. */
const accessSettings: readonly AccessSetting[] = [
  {
    path: ['publicSignups'],
    usual: false,
    why: `Whoever can sign in gets an account, without an invitation. ${ownValues}`,
  },
  {
    path: ['emailConfirmation'],
    usual: true,
    why: `Addresses are not confirmed before an account is used. ${ownValues}`,
  },
  {
    path: ['userManagement'],
    usual: true,
    why: `People have roles by their Teams only, and nobody is added by hand. ${ownValues}`,
  },
  {
    path: ['disableUserManagement'],
    usual: false,
    why: `People have roles by their Teams only, and nobody is added by hand. ${ownValues}`,
  },
  {
    path: ['disableSSLVerify'],
    usual: false,
    why: `Certificates are not checked, perhaps also that of the provider. ${ownValues}`,
  },
  {
    path: ['insecureDisableTls'],
    usual: false,
    why: `Certificates are not checked, perhaps also that of the provider. ${ownValues}`,
  },
  {
    path: ['auth', 'openidConnect', 'insecureDisableTls'],
    usual: false,
    why: `Certificates are not checked, perhaps also that of the provider. ${ownValues}`,
  },
  {
    path: ['auth', 'openidConnect', 'insecureIDPTokenLog'],
    usual: false,
    why: `Whoever reads the log of Houston can be anyone: it has the tokens of people. ${ownValues}`,
  },
]

/** Ways to sign in beside the provider, and settings of theirs, by their place below `auth`. */
const reasons: Readonly<Record<string, { why: string; effect: Effect }>> = {
  ldap: {
    why: `People of the directory go on signing in beside the provider. ${ownValues} Houston's own LDAP has no class here, and Gatehouse does not sign people in at directories yet; an OpenID provider in front of the directory can.`,
    effect: 'access',
  },
  local: { why: `Teams of local accounts are not about providers. ${ownValues}`, effect: 'setting' },
  github: {
    why: `People sign in with your own application at GitHub as long as your values have it. ${ownValues} Astronomer has no class for it, and Gatehouse does not sign people in at GitHub yet.`,
    effect: 'access',
  },
}

export function reportLeft(found: Findings, hasSecretList: boolean): void {
  const { tree } = found
  for (const list of ['env', 'secret']) tree.take([...houston, list])
  reportPlaces(found, hasSecretList)
  for (const setting of accessSettings) reportAccess(found, setting)
  reportDomains(found)
  takeWhatIsOff(found)
  const left = tree.left()
  const inAuth = left.filter((path) => path.join('.').startsWith(auth.join('.')))
  reportAuth(found, inAuth)
  const others = left.filter((path) => !inAuth.includes(path)).map((path) => path.join('.'))
  if (others.length === 0) return
  found.notCarried.push({
    where: found.where,
    what: others.join(', '),
    why: 'The rendered values do not set them. Keep them in your own values; the rendered ones come on top.',
  })
}

/** Entries of `houston.secret` that are about anything else. */
function reportPlaces(found: Findings, hasSecretList: boolean): void {
  const names = [...found.places.keys()]
  const codes = names.filter((name) => scimVendor(name) !== undefined)
  const ofSignIn = names.filter((name) => name.startsWith('AUTH__') && !codes.includes(name))
  const others = names.filter((name) => !ofSignIn.includes(name) && !codes.includes(name))
  if (codes.length > 0) {
    found.notCarried.push({
      where: placeOf(found, [...houston, 'secret']),
      what: codes.join(', '),
      why: hasSecretList
        ? 'That provider can no longer push people: gatehouse.yaml has places for Okta and Microsoft only, and Helm replaces the whole list by the rendered one. Give helm values after the rendered ones that have the entries of both.'
        : 'That provider goes on pushing people: the rendered values do not touch the list. gatehouse.yaml has places for Okta and Microsoft only; keep it in your own values.',
      effect: 'access',
    })
  }
  if (ofSignIn.length > 0) {
    found.notCarried.push({
      where: placeOf(found, [...houston, 'secret']),
      what: ofSignIn.join(', '),
      why: 'Houston no longer gets them: the rendered list has the client of a provider that is on, and no others. Write their values into gatehouse.yaml where they are no secrets.',
      effect: 'secret',
    })
  }
  if (others.length === 0) return
  found.notCarried.push({
    where: placeOf(found, [...houston, 'secret']),
    what: others.join(', '),
    why: hasSecretList
      ? 'Houston loses them: Helm replaces the whole list by the rendered one. Give helm values after the rendered ones that have the entries of both.'
      : 'They are not about sign-in. Keep them in your own values.',
  })
}

function reportAccess(found: Findings, { path, usual, why }: AccessSetting): void {
  const { tree } = found
  const full = [...config, ...path]
  const written = tree.peek(full)
  const value = switchOf(isMap(written) ? tree.peek([...full, 'enabled']) : written)
  if (value === undefined) return
  tree.take(isMap(written) ? [...full, 'enabled'] : full)
  if (value === usual) return
  const what = shownSetting(isMap(written) ? `${path.join('.')}.enabled` : path.join('.'), value, {
    harmless,
    sign: ':',
  })
  found.notCarried.push({ where: placeOf(found, full), what, why, effect: 'access' })
}

function reportDomains(found: Findings): void {
  const path = [...config, 'allowedSystemLevelDomains']
  const domains = found.tree.take(path)
  const isEmpty = domains === undefined || domains === '' || (Array.isArray(domains) && domains.length === 0)
  if (isEmpty) return
  found.notCarried.push({
    where: placeOf(found, path),
    what: shownSetting('allowedSystemLevelDomains', domains, { harmless, sign: ':' }),
    why: `Only people with an address there can become System Admin. ${ownValues}`,
    effect: 'access',
  })
}

/** What is off, is off without a word: `enabled: false` of LDAP, and settings of groups that nothing reads. */
function takeWhatIsOff({ tree }: Findings): void {
  const ldap = [...auth, 'ldap']
  if (switchOf(tree.peek([...ldap, 'enabled'])) === false) tree.take(ldap)
  for (const key of ['idpGroupsRefreshEnabled', 'idpGroupsRefresh', 'manageSystemPermissionsViaIdpGroups']) {
    const path = [...oidc, key]
    const value = tree.peek(path)
    if (switchOf(isMap(value) ? value['enabled'] : value) === false) tree.take(path)
  }
}

function reportAuth(found: Findings, left: readonly Path[]): void {
  const { tree, notCarried } = found
  const unknown: string[] = []
  for (const [key, paths] of Map.groupBy(left, (path) => path[auth.length] ?? '')) {
    const reason = own(reasons, key)
    const start = [...auth, key].join('.')
    const settings = paths.flatMap((path) => settingsBelow(path.join('.'), tree.peek(path)))
    const shown = settings.map(([name, value]) => shownSetting(name, value, { harmless, sign: ':' }))
    if (!reason) unknown.push(...shown)
    else {
      const what = shown.map((text) => text.slice(start.length + 1)).join(', ')
      notCarried.push({ where: placeOf(found, [...auth, key]), what, ...reason })
    }
  }
  for (const [effect, settings] of Map.groupBy(unknown, effectOf)) {
    notCarried.push({
      where: found.where,
      what: settings.join(', '),
      why: 'No place in gatehouse.yaml. The rendered values do not set it: keep what you still need in your own values.',
      effect,
    })
  }
}

function effectOf(setting: string): Effect {
  if (/insecure|tls|ssl|verify/i.test(setting)) return 'access'
  return /group|claim|team|role|permission/i.test(setting) ? 'identity' : 'setting'
}
