/** The files of Astronomer Software: Helm values, the same as variables of Houston, and the Secrets that both refer to. */

import {
  type Comment,
  comment,
  type EnvEntry,
  envEntry,
  writeYaml,
  writeYamlDocuments,
  type YamlValue,
  yamlComment,
} from '../../formats.ts'
import type { ProductInput, RenderedFile } from '../contract.ts'
import { treeWith, variablesFile } from '../extra/files.ts'
import { groupsByRole } from '../writing/roles.ts'
import { isBefore } from '../writing/version.ts'
import { type HoustonProvider, houstonProvider, importsGroups, type SecretReference, scimSecrets } from './auth.ts'
import { systemRoles, variableOf } from './names.ts'

export function valuesFile(input: ProductInput<'astronomer'>): RenderedFile {
  const { httpsProxy } = input.options
  const secrets = allSecrets(input)
  const authorities = input.providers.flatMap(({ tls }) => (tls.kind === 'own-ca' ? [tls.secretClass] : []))
  const values: YamlValue = {
    ...(authorities.length === 0
      ? {}
      : {
          global: {
            privateCaCerts: yamlComment(
              'Secrets with a key cert.pem. Helm replaces lists: add your other authorities here.',
              [...new Set(authorities)],
            ),
          },
        }),
    astronomer: {
      houston: {
        config: { auth: authValues(input) },
        ...(httpsProxy === undefined ? {} : { env: [{ name: 'GLOBAL_AGENT_HTTPS_PROXY', value: httpsProxy }] }),
        ...(secrets.length === 0
          ? {}
          : {
              secret: yamlComment(
                'The Secrets in the namespace of Houston. Helm replaces lists: add your other entries here.',
                secrets.map(({ envName, secretName, secretKey }) => ({ envName, secretName, secretKey })),
              ),
            }),
      },
    },
  }
  return {
    path: 'values.yaml',
    takesExtra: true,
    content: writeYaml(
      treeWith(input, 'values.yaml', values, {
        withoutVariable: 'put it into a Secret, and name that in astronomer.houston.secret',
      }),
      {
        comment:
          'Sign-in for Astronomer Software. Written by `gatehouse render`: another -f of helm upgrade (REGISTER.md).',
      },
    ),
    manifest: 'values',
  }
}

export function allSecrets(input: ProductInput<'astronomer'>): SecretReference[] {
  return [...input.providers.flatMap((provider) => houstonProvider(input, provider).secrets), ...scimSecrets(input)]
}

function authValues(input: ProductInput<'astronomer'>): YamlValue {
  const { localAccounts, github, google, flow, clockTolerance } = input.options
  const providers = input.providers.map((provider) => houstonProvider(input, provider))
  return {
    local: { enabled: localAccounts },
    github: { enabled: github },
    openidConnect: new Map<string, YamlValue>([
      ['flow', flow],
      ...(clockTolerance === undefined ? [] : [['clockTolerance', clockTolerance] as const]),
      ...groupValues(input),
      ...(providers.some(({ name }) => name === 'google') ? [] : [['google', { enabled: google }] as const]),
      ...providers.map((provider) => [provider.name, providerValues(provider)] as const),
    ]),
  }
}

function providerValues(provider: HoustonProvider): YamlValue {
  const { clientId, discoveryUrl, baseDomain, authUrlParams, claimsMapping, displayName } = provider
  return {
    enabled: true,
    ...(displayName === undefined ? {} : { displayName }),
    ...(clientId === undefined ? {} : { clientId }),
    discoveryUrl,
    ...(baseDomain === undefined ? {} : { baseDomain }),
    ...(authUrlParams.size === 0 ? {} : { authUrlParams }),
    ...(claimsMapping === undefined ? {} : { claimsMapping }),
  }
}

/** Renamed in 2.0 (docs/upgrade-values-migration-037x-to-2x.md of the chart). */
function groupValues(input: ProductInput<'astronomer'>): [string, YamlValue][] {
  if (!importsGroups(input)) return []
  const names: [string, YamlValue][] = isBefore(input.version, '2')
    ? [
        ['idpGroupsImportEnabled', true],
        ['idpGroupsRefreshEnabled', true],
      ]
    : [
        ['idpGroupsImport', { enabled: true }],
        ['idpGroupsRefresh', { enabled: true }],
      ]
  const byRole = groupsByRole(input)
  const given = systemRoles.flatMap((role): [string, YamlValue][] => {
    const groups = byRole.get(role)
    return groups ? [[role, groups]] : []
  })
  if (given.length === 0) return names
  return [...names, ['manageSystemPermissionsViaIdpGroups', { enabled: true, ...Object.fromEntries(given) }]]
}

/** The same for `astronomer.houston.env`, for those who prefer variables; groups and other parameters have no known variables. */
export function houstonEnvironment(input: ProductInput<'astronomer'>): RenderedFile {
  const { flow, clockTolerance, localAccounts, github, google, httpsProxy } = input.options
  const oidc = (...path: readonly string[]) => variableOf('auth', 'openidConnect', ...path)
  const providers = input.providers.map((provider) => houstonProvider(input, provider))
  const entries: (Comment | EnvEntry)[] = [
    comment(
      'The sign-in of values.yaml as variables of Houston (astronomer.houston.env), for people who keep it there. Use one of the two.\nWritten by `gatehouse render`. In both cases secrets come through astronomer.houston.secret of values.yaml.',
    ),
    envEntry(variableOf('auth', 'local', 'enabled'), String(localAccounts)),
    envEntry(variableOf('auth', 'github', 'enabled'), String(github)),
    envEntry(oidc('flow'), flow),
    ...(clockTolerance === undefined ? [] : [envEntry(oidc('clockTolerance'), String(clockTolerance))]),
    ...(providers.some(({ name }) => name === 'google') ? [] : [envEntry(oidc('google', 'enabled'), String(google))]),
    ...providers.flatMap((provider) => providerVariables(provider, oidc)),
    ...(importsGroups(input)
      ? [
          comment(
            'Teams from groups, and their system roles, are in values.yaml only: no variable for them is documented.',
          ),
        ]
      : []),
    ...(httpsProxy === undefined ? [] : [envEntry('GLOBAL_AGENT_HTTPS_PROXY', httpsProxy)]),
  ]
  return variablesFile(input, 'houston.env', entries)
}

function providerVariables(
  { name, clientId, discoveryUrl, baseDomain, authUrlParams, displayName }: HoustonProvider,
  oidc: (...path: readonly string[]) => string,
): (Comment | EnvEntry)[] {
  const audience = authUrlParams.get('audience')
  const others = authUrlParams.size - (audience === undefined ? 0 : 1)
  return [
    envEntry(oidc(name, 'enabled'), 'true'),
    ...(displayName === undefined ? [] : [envEntry(oidc(name, 'displayName'), displayName)]),
    ...(clientId === undefined ? [] : [envEntry(oidc(name, 'clientId'), clientId)]),
    envEntry(oidc(name, 'discoveryUrl'), discoveryUrl),
    ...(baseDomain === undefined ? [] : [envEntry(oidc(name, 'baseDomain'), baseDomain)]),
    ...(audience === undefined ? [] : [envEntry(oidc(name, 'authUrlParams', 'audience'), audience)]),
    ...(others > 0
      ? [comment(`The other authUrlParams of ${name} are in values.yaml only: no variable for them is documented.`)]
      : []),
  ]
}

/** Secrets without values: `kubectl create secret` in REGISTER.md creates complete ones. */
export function secretManifests(input: ProductInput<'astronomer'>): RenderedFile[] {
  const byName = Map.groupBy(allSecrets(input), ({ secretName }) => secretName)
  if (byName.size === 0) return []
  const documents = [...byName].map(([name, references], index) => ({
    comment: [
      ...(index === 0
        ? [
            'Written by `gatehouse render`, without values. Fill in a copy outside of version control, or use the commands in REGISTER.md.',
          ]
        : []),
      `Keys: ${[...new Set(references.map(({ secretKey }) => secretKey))].join(', ')}. For ${references.map(({ envName }) => envName).join(', ')}.`,
    ].join('\n'),
    value: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      type: 'Opaque',
      stringData: {},
    },
  }))
  return [{ path: 'secrets.yaml', content: writeYamlDocuments(documents), manifest: 'object' }]
}
