/** Connectors of Dex that no class describes: their settings, written down from Dex (connector/<type>, 2.45). */
import type { DexConnector, dexOwnTypes } from '../../config/kinds/dex-connectors.ts'
import type { Data } from '../../formats.ts'
import { own } from '../../maps.ts'
import type { ConfigPath, ProductProblem } from '../contract.ts'
import { error, warning } from '../writing/problem.ts'
import type { DexConnectorEntry } from './connectors.ts'
import { asDexReads, secretSetting, textsIn, variableIn, withoutVariables } from './names.ts'

const client = ['clientID', 'clientSecret', 'redirectURI']
const saml = [
  ...['entityIssuer', 'ssoIssuer', 'ssoURL', 'ca', 'caData', 'insecureSkipSignatureValidation', 'usernameAttr'],
  ...['emailAttr', 'groupsAttr', 'groupsDelim', 'allowedGroups', 'filterGroups', 'redirectURI', 'nameIDPolicyFormat'],
]

/** The first keys of `config` that Dex knows, by type. It ignores any other. */
const known: Readonly<Record<(typeof dexOwnTypes)[number], readonly string[]>> = {
  saml,
  samlExperimental: saml,
  gitea: [...client, 'baseURL', 'orgs', 'loadAllGroups', 'useLoginAsID'],
  openshift: [...client, 'issuer', 'groups', 'insecureCA', 'rootCA'],
  oauth: [
    ...client,
    ...['tokenURL', 'authorizationURL', 'userInfoURL', 'scopes', 'rootCAs', 'insecureSkipVerify', 'userIDKey'],
    'claimMapping',
  ],
  'bitbucket-cloud': [...client, 'teams', 'includeTeamGroups', 'getWorkspacePermissions'],
  linkedin: client,
  authproxy: [
    ...['userIDHeader', 'userHeader', 'userNameHeader', 'emailHeader', 'groupHeader', 'groupHeaderSeparator'],
    'staticGroups',
  ],
  'atlassian-crowd': ['baseURL', 'clientID', 'clientSecret', 'groups', 'preferredUsernameField', 'usernamePrompt'],
  keystone: ['domain', 'keystoneHost', 'keystoneUsername', 'keystonePassword'],
  mockCallback: [],
  mockPassword: ['username', 'password'],
}

export function ownConnectors(connectors: readonly (readonly [string, DexConnector])[]): DexConnectorEntry[] {
  return connectors.map(([key, { type = '', id = key, name = key, config = {} }]) => ({
    type,
    id,
    name,
    config: asDexReads(config as Data) as DexConnectorEntry['config'],
  }))
}

/** Where Dex would let in everybody, or ignore what is written. */
export function ownConnectorProblems(
  [key, { type, config = {} }]: readonly [string, DexConnector],
  path: ConfigPath,
): ProductProblem[] {
  if (type === undefined) {
    return [
      error(
        path,
        `authentication names no class ${key}: name the class there, or write type and config of a connector that no class describes`,
      ),
    ]
  }
  return [
    ...secretProblems(config, [...path, 'config']),
    ...keyProblems(type, config, path),
    ...riskProblems(type, path),
    ...strangerProblems(type, config, path),
  ]
}

type Config = Readonly<Record<string, unknown>>

/** Where everybody in the world can have an account, unless the connector says who gets in. */
const open: Readonly<Record<string, { title: string; isOpen: (config: Config) => boolean }>> = {
  github: { title: 'GitHub', isOpen: ({ org, orgs, hostName }) => !org && isNone(orgs) && !hostName },
  google: { title: 'Google', isOpen: ({ hostedDomains }) => isNone(hostedDomains) },
  microsoft: {
    title: 'Microsoft',
    isOpen: ({ tenant = 'common' }) => ['', 'common', 'organizations', 'consumers'].includes(String(tenant)),
  },
  gitlab: {
    title: 'GitLab',
    isOpen: ({ baseURL = 'https://gitlab.com', groups }) =>
      /^https:\/\/gitlab\.com\/?$/.test(String(baseURL)) && isNone(groups),
  },
  'bitbucket-cloud': { title: 'Bitbucket', isOpen: ({ teams }) => isNone(teams) },
  linkedin: { title: 'LinkedIn', isOpen: () => true },
}

function isNone(list: unknown): boolean {
  return !Array.isArray(list) || list.length === 0
}

function strangerProblems(type: string, config: Config, path: ConfigPath): ProductProblem[] {
  const found = own(open, type)
  if (!found?.isOpen(config)) return []
  return [
    warning(
      'strangers',
      path,
      `everybody in the world can have an account at ${found.title} and sign in here: limit people in config, if the connector can, or in every application`,
    ),
  ]
}

function secretProblems(config: unknown, path: ConfigPath): ProductProblem[] {
  return textsIn(config, path)
    .filter(({ path: at, text }) => secretSetting.test(String(at.at(-1))) && variableIn(text) === undefined)
    .map(({ path: at }) =>
      error(at, 'is a secret: write it as ${env:NAME}, a variable in the environment of Dex, and not in the file'),
    )
}

function keyProblems(type: string, config: Readonly<Record<string, unknown>>, path: ConfigPath): ProductProblem[] {
  const keys = own(known as Readonly<Record<string, readonly string[]>>, type)
  if (!keys) return []
  // Dex reads its keys without regard to capitals.
  const names = keys.map((name) => name.toLowerCase())
  return Object.keys(config)
    .filter((name) => !names.includes(name.toLowerCase()))
    .map((name) =>
      warning(
        'setting-ignored',
        [...path, 'config', name],
        `the connector ${type} of Dex has no such setting and ignores it`,
      ),
    )
}

const risks: Readonly<Record<string, string>> = {
  mockCallback: 'signs in everybody as one and the same made-up person: for tests only',
  mockPassword: 'is a connector for tests, with one account',
  authproxy:
    'believes the headers of every caller: nobody but your proxy may reach the path `callback` of Dex, and the proxy must set them itself',
  samlExperimental: 'is the old name of the connector saml: write saml',
  saml: 'the SAML part of Dex is not maintained, and its makers warn that the sign-in can be got around: use OpenID Connect where the provider has it',
}

function riskProblems(type: string, path: ConfigPath): ProductProblem[] {
  const risk = own(risks, type)
  return risk === undefined ? [] : [warning('connector-risky', path, risk)]
}

/** Texts that Dex would replace: it has no escape. */
export function replacedProblems(data: unknown, path: ConfigPath): ProductProblem[] {
  return textsIn(data, path)
    .filter(({ text }) => /\$[A-Za-z0-9_{*#$@!?-]|\{\{/.test(withoutVariables(text)))
    .map(({ path: at }) =>
      error(
        at,
        'contains a part that Dex or its image would replace, and there is no escape for it: write a variable as ${env:NAME}, and anything else without $NAME, ${...} and {{',
      ),
    )
}
