/** Overrides of a TrinoCluster that are about sign-in. */
import {
  type Around,
  asInClass,
  asRendered,
  classSays,
  flagOf,
  inExtra,
  keepIt,
  listOf,
  providerOf,
  type Reading,
  type Rule,
  scopesAsInClass,
  textOf,
} from './rule.ts'

const config = /^config\.properties$/

/** The ways in which Trino checks who somebody is, as its properties call them; undefined while a class is unknown. */
function waysIn({ classes }: Around): string[] | undefined {
  if (classes.some((definition) => definition === undefined)) return undefined
  return [...new Set(classes.map((definition) => (definition && 'oidc' in definition ? 'oauth2' : 'password')))]
}

/** gatehouse.yaml has one pattern for all ways in. */
function mapping(around: Around): Reading {
  const ways = waysIn(around)
  const pattern = textOf(around.override)
  const own = /authentication\.(\w+)\.user-mapping/.exec(around.override.key)?.[1] ?? ''
  if (ways === undefined || pattern === undefined || pattern.includes('{{')) return undefined
  if (!ways.includes(own)) return 'same'
  const isOne = ways.every((way) => {
    const key = `http-server.authentication.${way}.user-mapping.pattern`
    return around.all.some(
      (other) => other.file === around.override.file && other.key === key && textOf(other) === pattern,
    )
  })
  return isOne ? { set: [[['trino', 'userMappingPattern'], pattern]] } : undefined
}

export const trinoRules: readonly Rule[] = [
  {
    file: config,
    key: /^http-server\.authentication\.oauth2\.refresh-tokens$/,
    effect: 'setting',
    why: 'People are kept signed in, or sent to the provider again when a token has expired. Write trino.refreshTokens.',
    isHarmless: true,
    read: ({ override }) => {
      const isOn = flagOf(override)
      if (isOn === undefined) return undefined
      return isOn ? { set: [[['trino', 'refreshTokens'], true]] } : 'same'
    },
  },
  {
    file: config,
    key: /^http-server\.authentication\.oauth2\.oidc\.use-userinfo-endpoint$/,
    effect: 'setting',
    why: 'Tokens are checked by signature, or by a call of the provider. Write trino.validateTokensLocally.',
    isHarmless: true,
    read: ({ override }) => {
      const asks = flagOf(override)
      if (asks === undefined) return undefined
      return asks ? 'same' : { set: [[['trino', 'validateTokensLocally'], true]] }
    },
  },
  {
    file: config,
    key: /^http-server\.authentication\.(?:oauth2|password)\.user-mapping\.pattern$/,
    effect: 'identity',
    why: 'Names of people were cut by it, for one way in only. trino.userMappingPattern of gatehouse.yaml holds for all ways in of the product: write it if that is meant.',
    isHarmless: true,
    read: mapping,
  },
  {
    file: config,
    key: /^http-server\.authentication\.\w+\.user-mapping\.file$/,
    effect: 'identity',
    why: `Names of people were changed by the rules of that file. ${keepIt}`,
    isHarmless: true,
    read: inExtra,
  },
  {
    file: config,
    key: /^http-server\.authentication\.oauth2\.principal-field$/,
    effect: 'identity',
    why: `People had the name of that claim. ${classSays} The setting is principalClaim.`,
    isHarmless: true,
    read: asInClass('principalClaim'),
  },
  {
    file: config,
    key: /^(?:deprecated\.)?http-server\.authentication\.oauth2\.groups-field$/,
    effect: 'access',
    why: 'Groups, for which access rules may ask, came from that claim. Write groupsClaim in the class and a scope for groups, and Gatehouse reads them where this version of Trino can.',
    isHarmless: true,
  },
  {
    file: config,
    key: /^http-server\.authentication\.oauth2\.scopes$/,
    effect: 'identity',
    why: `Other scopes were asked for, which bring other claims. ${classSays} The settings are scopes and oidc.extraScopes.`,
    isHarmless: true,
    read: scopesAsInClass,
  },
  {
    file: config,
    key: /^http-server\.authentication\.oauth2\.additional-audiences$/,
    effect: 'access',
    why: `Tokens of these clients were taken as well. ${keepIt}`,
    isHarmless: true,
    read: (around) => {
      const audiences = listOf(around.override)
      return audiences && providerOf(around) ? { set: [[['trino', 'additionalAudiences'], audiences]] } : undefined
    },
  },
  {
    file: config,
    key: /^http-server\.authentication\.oauth2\.(?:issuer|client-id|client-secret|access-token-issuer|[a-z-]+-url)$/,
    effect: 'access',
    why: `People signed in at another provider, or with another client, than the class says. ${classSays}`,
  },
  {
    file: config,
    key: /^(?:http-server|web-ui)\.authentication\.type$/,
    effect: 'access',
    why: 'Other ways in were open than those of the classes. The rendered files open the ways of the classes alone: name a class for each, or keep the setting in a file of your own that Trino reads in their place.',
    isHarmless: true,
    read: (around) => {
      const ways = waysIn(around)
      const text = textOf(around.override)?.toLowerCase()
      if (ways === undefined) return undefined
      const rendered = around.override.key.startsWith('web-ui')
        ? ways.includes('oauth2')
          ? 'oauth2'
          : undefined
        : ways.join(',')
      return text === rendered ? 'same' : undefined
    },
  },
  {
    file: config,
    key: /^http-server\.process-forwarded$/,
    effect: 'setting',
    why: 'The rendered file says true, without which Trino lets in anybody whose proxy ends TLS. Leave it.',
    isHarmless: true,
    read: asRendered('true', 'ignore'),
  },
  {
    file: config,
    key: /^http-server\.authentication\.(?:allow-insecure-over-http|insecure|certificate|jwt|krb5|header|password)\b/,
    effect: 'access',
    why: `People, or programs, got in by it without a class. ${keepIt}`,
  },
  {
    file: config,
    key: /^(?:http-server\.authentication\.|oauth2-jwk\.|web-ui\.(?:authentication|user|shared-secret|session-timeout))/,
    effect: 'setting',
    why: `Sign-in was tuned by it. ${keepIt}`,
  },
  {
    file: config,
    key: /^(?:access-control\.|security\.)/,
    effect: 'access',
    why: `It decided who may do what. ${keepIt}`,
  },
  {
    file: /^access-control\.properties$/,
    key: /^/,
    effect: 'access',
    why: 'It decided who may do what. The rendered files have no access control: keep etc/access-control.properties as it is in the pods.',
  },
  {
    file: /^(?:group-provider|password-authenticator|header-authenticator|certificate-authenticator)\b.*\.properties$/,
    key: /^/,
    effect: 'access',
    why: 'It decided how passwords are checked, or which groups people have. Compare that file in the pods with the rendered one of its name, and keep what is missing.',
  },
]
