/** Overrides of a NifiCluster that are about sign-in. */
import {
  asInClass,
  asRendered,
  classSays,
  inExtra,
  listOf,
  providerOf,
  type Rule,
  scopesAsInClass,
  textOf,
} from './rule.ts'

const config = /^nifi\.properties$/
const keepIt = 'The rendered file does not have it, and apply.sh leaves it as it is: keep it in conf/nifi.properties.'

export const nifiRules: readonly Rule[] = [
  {
    file: config,
    key: /^nifi\.security\.user\.oidc\.(?:discovery\.url|client\.id|client\.secret)$/,
    effect: 'access',
    why: `People signed in at another provider, or with another client, than the class says. ${classSays}`,
  },
  {
    file: config,
    key: /^nifi\.security\.user\.oidc\.additional\.scopes$/,
    effect: 'identity',
    why: `Other scopes were asked for, which bring other claims. ${classSays} The setting is scopes.`,
    isHarmless: true,
    read: scopesAsInClass,
  },
  {
    file: config,
    key: /^nifi\.security\.user\.oidc\.claim\.identifying\.user$/,
    effect: 'identity',
    why: `People had the name of that claim, and their permissions hang on it. ${classSays} The setting is principalClaim.`,
    isHarmless: true,
    read: asInClass('principalClaim'),
  },
  {
    file: config,
    key: /^nifi\.security\.user\.oidc\.fallback\.claims\.identifying\.user$/,
    effect: 'identity',
    why: `People without the first claim had the name of these. ${keepIt}`,
    isHarmless: true,
    read: (around) => {
      const claims = listOf(around.override)
      return claims && providerOf(around) ? { set: [[['nifi', 'fallbackClaims'], claims]] } : undefined
    },
  },
  {
    file: config,
    key: /^nifi\.security\.user\.oidc\.claim\.groups$/,
    effect: 'access',
    why: 'Groups, which have permissions, came from that claim. Write groupsClaim in the class and a scope for groups, and the rendered file has it again.',
    isHarmless: true,
    read: asInClass('groupsClaim'),
  },
  {
    file: config,
    key: /^nifi\.security\.user\.oidc\.preferred\.jwsalgorithm$/,
    effect: 'access',
    why: `NiFi takes ID tokens of that algorithm only, and of RS256 without it: then nobody gets in. ${keepIt}`,
    isHarmless: true,
    read: (around) => {
      const algorithm = textOf(around.override)
      const isKnown = /^(?:RS|PS|ES|HS)(?:256|384|512)$/.test(algorithm ?? '')
      return isKnown && providerOf(around) ? { set: [[['nifi', 'preferredJwsAlgorithm'], algorithm]] } : undefined
    },
  },
  {
    file: config,
    key: /^nifi\.security\.user\.oidc\.truststore\.strategy$/,
    effect: 'setting',
    why: `Certificates of the provider were checked with another trust store. ${classSays} The setting is tls.verification.`,
    isHarmless: true,
    read: (around) => {
      const tls = JSON.stringify(providerOf(around)?.oidc['tls'] ?? {})
      return textOf(around.override) === (tls.includes('"secretClass"') ? 'NIFI' : 'JDK') ? 'same' : undefined
    },
  },
  {
    file: config,
    key: /^nifi\.security\.user\.oidc\.(?:connect|read)\.timeout$/,
    effect: 'setting',
    why: `NiFi waited as long for the provider. ${keepIt}`,
    isHarmless: true,
    read: (around) => {
      const [, count, unit] = /^(\d+) ?(ms|s|m)(?:\w*)$/.exec(textOf(around.override) ?? '') ?? []
      const key = around.override.key.endsWith('connect.timeout') ? 'connectTimeout' : 'readTimeout'
      return count !== undefined && providerOf(around) ? { set: [[['nifi', key], `${count}${unit}`]] } : undefined
    },
  },
  {
    file: config,
    key: /^nifi\.security\.user\.oidc\./,
    effect: 'setting',
    why: `Sign-in was tuned by it. ${keepIt}`,
    isHarmless: true,
  },
  {
    file: config,
    key: /^nifi\.security\.identity\.mapping\./,
    effect: 'identity',
    why: `Names of people were changed by it. ${keepIt}`,
    isHarmless: true,
    read: inExtra,
  },
  {
    file: config,
    key: /^nifi\.security\.group\.mapping\./,
    effect: 'access',
    why: `Names of groups, which have permissions, were changed by it. ${keepIt}`,
    isHarmless: true,
    read: inExtra,
  },
  {
    file: config,
    key: /^nifi\.(?:security\.user\.authorizer|authorizer\.configuration\.file)$/,
    effect: 'access',
    why: 'An authorizer of yours decided who may do what. `authorization: elsewhere` says so in gatehouse.yaml, and the rendered files leave the authorizer as it is: keep this setting and its file.',
    isHarmless: true,
  },
  {
    file: config,
    key: /^nifi\.(?:security\.user\.login\.identity\.provider|login\.identity\.provider\.configuration\.file)$/,
    effect: 'access',
    why: 'Passwords were checked by a provider of yours. The rendered files name the one of the class: give the product a class for it.',
    isHarmless: true,
  },
  {
    file: config,
    key: /^nifi\.security\.allow\.anonymous\.authentication$/,
    effect: 'access',
    why: 'People got in without signing in. The rendered file says false, and Gatehouse has no setting for it.',
    isHarmless: true,
    read: asRendered('false'),
  },
  {
    file: config,
    key: /^nifi\.security\.(?:user\.|needClientAuth)/,
    effect: 'access',
    why: `People, or programs, got in by it. ${keepIt}`,
  },
  {
    file: config,
    key: /^nifi\.web\.proxy\.host$/,
    effect: 'setting',
    why: 'NiFi answers under these hosts only. Write them under nifi.proxyHosts.',
    isHarmless: true,
    read: ({ override }) => {
      const hosts = listOf(override)
      if (hosts === undefined || hosts.includes('*')) return undefined
      return { set: [[['nifi', 'proxyHosts'], hosts]] }
    },
  },
  {
    file: config,
    key: /^nifi\.web\.proxy\.context\.path$/,
    effect: 'setting',
    why: 'NiFi answers below that path. Write it at the end of url of the product.',
    isHarmless: true,
  },
]
