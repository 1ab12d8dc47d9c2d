import { isNested } from '../../claim-path.ts'
import { kindTitles } from '../../config/product-titles.ts'
import type { CertificateCheck } from '../../config/tls.ts'
import { mdCode, writeYaml, type YamlValue, yamlComment } from '../../formats.ts'
import type {
  ClientCertificates,
  ExpectedVariable,
  LdapDirectory,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  RenderedFile,
  Rendering,
} from '../contract.ts'
import { treeWith } from '../extra/files.ts'
import { bindVariables, clientVariables } from '../writing/expected-variables.ts'
import { claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { idTokenOnlyProblems } from '../writing/id-token-only.ts'
import { bindProblems, filterWithout, ldapProblems, personFilter } from '../writing/ldap-search.ts'
import { codes } from '../writing/markdown.ts'
import { error, warning } from '../writing/problem.ts'
import { type NamedText, providerTexts, roleTexts, textProblems } from '../writing/replaced-texts.ts'
import { groupClaimProblems, groupsByRole, groupsClaims, hasRoles } from '../writing/roles.ts'
import { isBefore } from '../writing/version.ts'
import { opensearchClient } from './client.ts'

const title = kindTitles.opensearch
const cookieVariable = 'OPENSEARCH_DASHBOARDS_COOKIE_PASSWORD'

/** OpenSearch's security plugin (`config.yml`, `roles_mapping.yml`) and Dashboards, which sends people to the provider. */
export const opensearch: ProductDescription<'opensearch'> = {
  title,
  client: opensearchClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in without a role',
    singleGroup: 'is split at commas',
    refresh: 'takes a refresh token where it gets one',
  },
  accepts: {
    classes: {
      oidc: { most: 1, why: 'OpenSearch Dashboards signs in at one OpenID Connect provider' },
      ldap: { most: 9 },
      tls: { most: 1 },
    },
    skipsVerification: ['ldap'],
  },
  ignores: {
    'ldapFieldNames.givenName': 'OpenSearch shows user names only',
    'ldapFieldNames.surname': 'OpenSearch shows user names only',
    'ldapFieldNames.email': 'OpenSearch shows user names only',
  },
  problems,
  render,
}

function problems(input: ProductInput<'opensearch'>): ProductProblem[] {
  return [
    ...groupClaimProblems(input),
    ...input.providers.flatMap((provider) => idTokenOnlyProblems(provider, { title, readsGroups: hasRoles(input) })),
    ...pathProblems(input),
    ...listProblems(input),
    ...optionProblems(input),
    ...replacedProblems(input),
    ...patternProblems(input),
    ...ldapsOf(input).flatMap((ldap) => [...ldapProblems(ldap), ...bindProblems(title, ldap, 'anonymous')]),
  ]
}

function optionProblems({ options, path, providers, classes }: ProductInput<'opensearch'>): ProductProblem[] {
  const at = (key: string) => [...path, 'opensearch', key]
  const hasDirectory = classes.some(({ type }) => type === 'ldap')
  const problems: ProductProblem[] = []
  if (options.passwordsToo && (hasDirectory || providers.length === 0)) {
    problems.push(
      warning('setting-ignored', at('passwordsToo'), 'has no effect: Dashboards asks for passwords in any case here'),
    )
  }
  if (options.anonymousAccess) {
    problems.push(
      warning(
        'anonymous-access',
        at('anonymousAccess'),
        'lets everybody in who reaches OpenSearch, with the roles of opendistro_security_anonymous_backendrole: give that backend role nothing that is not public',
      ),
    )
  }
  if (options.skipUsers.length > 0 && !hasDirectory) {
    problems.push(
      warning(
        'setting-ignored',
        at('skipUsers'),
        'is ignored: roles are looked up in directories only, and there is no class of type ldap',
      ),
    )
  }
  return [
    ...problems,
    ...textProblems(
      options.skipUsers.map((text, index) => ({ what: 'user', text, path: [...at('skipUsers'), index] })),
      (text) => /\$\{/.test(text),
      'contains a part that OpenSearch would replace with an environment variable: write it without ${...}',
    ),
  ]
}

/** opensearch-project/security#5355: a list of names is a path. */
function pathProblems({ providers, version }: ProductInput): ProductProblem[] {
  if (!isBefore(version, '3.1')) return []
  return nestedClaimProblems(
    providers.filter(({ wantsGroups }) => wantsGroups),
    { title, why: 'OpenSearch reads it from 3.1 on' },
  )
}

/** Settings of OpenSearch read a text with commas as a list. */
function listProblems({ providers }: ProductInput<'opensearch'>): ProductProblem[] {
  return textProblems(
    providers.flatMap(providerTexts).filter(({ what }) => what !== 'scope'),
    (text) => text.includes(','),
    'contains a comma, at which OpenSearch would split it: choose one without it',
  )
}

/** Dashboards replaces `${NAME}` in its file, the security plugin `${env.NAME}` in its own; neither has an escape. */
function replacedProblems(input: ProductInput<'opensearch'>): ProductProblem[] {
  const texts: NamedText[] = [
    ...input.providers.flatMap(providerTexts),
    ...input.providers.flatMap(({ authorizationParameters, path }) =>
      Object.entries(authorizationParameters).flatMap(([key, value]) =>
        [key, value].map((text) => ({ what: 'authorization parameter', text, path })),
      ),
    ),
    ...roleTexts(input),
    ...ldapsOf(input).flatMap(({ searchBase, searchFilter, fields, path }) =>
      [searchBase, searchFilter, fields.uid, fields.group].map((text) => ({ what: 'setting', text, path })),
    ),
  ]
  return textProblems(
    texts,
    (text) => /\$\{(?:\w+|env(?:bc|base64)?\.[^}]*)\}/.test(text),
    'contains a part that OpenSearch would replace with an environment variable: write it without ${...}',
  )
}

/** roles_mapping.yml reads a name with these as a pattern. */
function patternProblems({ product, path }: ProductInput<'opensearch'>): ProductProblem[] {
  const groups = Object.keys(product.roles)
  const roles = [...new Set(Object.values(product.roles).flat())]
  return [
    ...groups
      .filter((group) => /[*?]|^\/.*\/$/.test(group))
      .map((group) =>
        error(
          [...path, 'roles', group],
          `OpenSearch reads the group ${JSON.stringify(group)} as a pattern, which other groups match too: give roles to groups without *, ? and slashes around them`,
        ),
      ),
    ...roles
      .filter((role) => role === '_meta')
      .map(() =>
        error(
          [...path, 'roles'],
          '_meta is not a role: it is the header of roles_mapping.yml. Name a role of roles.yml',
        ),
      ),
  ]
}

function ldapsOf({ classes }: Pick<ProductInput<'opensearch'>, 'classes'>): LdapDirectory[] {
  return classes.filter((someClass) => someClass.type === 'ldap')
}

function certificatesOf({ classes }: ProductInput<'opensearch'>): ClientCertificates[] {
  return classes.filter((someClass) => someClass.type === 'tls')
}

function render(input: ProductInput<'opensearch'>): Rendering {
  const files: RenderedFile[] = [
    {
      path: 'config.yml',
      takesExtra: true,
      content: writeYaml(
        treeWith(input, 'config.yml', securityConfig(input), { text: openSearchText, variable: pluginVariable }),
        {
          comment: 'Who signs people in. Written by `gatehouse render`: it replaces config.yml of the security plugin.',
        },
      ),
    },
  ]
  if (hasRoles(input)) {
    files.push({
      path: 'roles_mapping.yml',
      takesExtra: true,
      content: writeYaml(treeWith(input, 'roles_mapping.yml', rolesMapping(input)), {
        comment:
          'Who has which role. Written by `gatehouse render`: it replaces the whole mapping when it is uploaded.',
      }),
    })
  }
  files.push({
    path: 'opensearch_dashboards.yml',
    takesExtra: true,
    content: writeYaml(
      treeWith(input, 'opensearch_dashboards.yml', dashboards(input), {
        text: openSearchText,
        variable: dashboardsVariable,
      }),
      {
        comment: 'Sign-in for Dashboards. Written by `gatehouse render`: add it to opensearch_dashboards.yml.',
      },
    ),
  })
  return {
    files,
    variables: variablesOf(input),
    notes: {
      claims: groupsClaims(input).map((claim) => `${mdCode(claim)} (a list of strings, in the ID token)`),
      needsAudience: true,
      steps: steps(input),
    },
  }
}

function variablesOf(input: ProductInput<'opensearch'>): ExpectedVariable[] {
  return [
    {
      name: cookieVariable,
      note: 'Encrypts the session cookies of Dashboards, 32 characters or more; the same for every replica. Make one: openssl rand -hex 32',
    },
    ...input.providers.flatMap((provider) => clientVariables(input, provider)),
    ...ldapsOf(input).flatMap(bindVariables),
  ]
}

function securityConfig(input: ProductInput<'opensearch'>): YamlValue {
  const ldaps = ldapsOf(input)
  const domains: [string, YamlValue][] = [
    [
      'basic_internal_auth_domain',
      yamlComment('For the user of Dashboards itself and for administration; never remove it.', internalDomain),
    ],
    ...input.classes.flatMap((someClass, index): [string, YamlValue][] => {
      const order = index + 1
      if (someClass.type === 'oidc') return [[someClass.className, openidDomain(someClass, order)]]
      if (someClass.type === 'ldap') return [[someClass.className, ldapDomain(someClass, order)]]
      return someClass.type === 'tls' ? [[someClass.className, certificateDomain(order)]] : []
    }),
  ]
  return {
    _meta: { type: 'config', config_version: 2 },
    config: {
      dynamic: {
        http: { anonymous_auth_enabled: input.options.anonymousAccess },
        authc: new Map(domains),
        ...(ldaps.length === 0
          ? {}
          : { authz: new Map(ldaps.map((ldap) => [`${ldap.className}_roles`, ldapRoles(input, ldap)])) }),
      },
    },
  }
}

const internalDomain: YamlValue = {
  http_enabled: true,
  transport_enabled: true,
  order: 0,
  http_authenticator: { type: 'basic', challenge: true },
  authentication_backend: { type: 'intern' },
}

function openidDomain(provider: Provider, order: number): YamlValue {
  return {
    http_enabled: true,
    transport_enabled: true,
    order,
    http_authenticator: {
      type: 'openid',
      challenge: false,
      config: {
        openid_connect_url: provider.discoveryUrl,
        subject_key: provider.principalClaim,
        ...(provider.wantsGroups
          ? { roles_key: isNested(provider.groupsClaim) ? provider.groupsClaim : claimName(provider.groupsClaim) }
          : {}),
        required_issuer: provider.issuer,
        required_audience:
          provider.clientIdVariable === undefined ? provider.clientId : pluginVariable(provider.clientIdVariable),
        ...(provider.tls.kind === 'own-ca'
          ? {
              openid_connect_idp: {
                enable_ssl: true,
                verify_hostnames: true,
                pemtrustedcas_filepath: caFile(provider.className),
              },
            }
          : {}),
      },
    },
    authentication_backend: { type: 'noop' },
  }
}

function certificateDomain(order: number): YamlValue {
  return {
    http_enabled: true,
    transport_enabled: true,
    order,
    http_authenticator: { type: 'clientcert', challenge: false, config: { username_attribute: 'cn' } },
    authentication_backend: { type: 'noop' },
  }
}

function ldapDomain(ldap: LdapDirectory, order: number): YamlValue {
  return {
    http_enabled: true,
    transport_enabled: true,
    order,
    http_authenticator: { type: 'basic', challenge: false },
    authentication_backend: {
      type: 'ldap',
      config: { ...ldapConnection(ldap), ...ldapSearch(ldap), username_attribute: ldap.fields.uid },
    },
  }
}

/** Groups are in an attribute of the person; the DN there is the name of a role. */
function ldapRoles({ options: { skipUsers } }: ProductInput<'opensearch'>, ldap: LdapDirectory): YamlValue {
  return {
    http_enabled: true,
    transport_enabled: true,
    authorization_backend: {
      type: 'ldap',
      config: {
        ...ldapConnection(ldap),
        ...ldapSearch(ldap),
        userrolename: ldap.fields.group,
        rolename: 'dn',
        rolesearch_enabled: false,
        resolve_nested_roles: false,
        ...(skipUsers.length === 0 ? {} : { skip_users: skipUsers }),
      },
    },
  }
}

function ldapConnection({ className, host, port, tls, bind }: LdapDirectory): Record<string, YamlValue> {
  return {
    ...ldapTls(className, tls),
    hosts: [`${host.includes(':') ? `[${host}]` : host}:${port}`],
    ...(bind ? { bind_dn: pluginVariable(bind.userVariable), password: pluginVariable(bind.passwordVariable) } : {}),
  }
}

function ldapTls(className: string, tls: CertificateCheck): Record<string, YamlValue> {
  if (tls.kind === 'plain') return { enable_ssl: false }
  if (tls.kind === 'unverified') return { enable_ssl: true, verify_hostnames: false, trust_all: true }
  return {
    enable_ssl: true,
    verify_hostnames: true,
    ...(tls.kind === 'own-ca' ? { pemtrustedcas_filepath: caFile(className) } : {}),
  }
}

function ldapSearch({ searchBase, searchFilter, fields }: LdapDirectory): Record<string, YamlValue> {
  // OpenSearch replaces what is in braces with names.
  const usersearch = personFilter(`${fields.uid}={0}`, filterWithout(/[{]/g, searchFilter))
  return { userbase: searchBase, usersearch }
}

/** Both replace variables in texts, and have no escape. */
function openSearchText(text: string): string | undefined {
  return text.includes('${') ? undefined : text
}

/** The security plugin replaces it when it reads its configuration, on every node. */
function pluginVariable(name: string): string {
  return `\${env.${name}}`
}

/** Dashboards replaces it at start, and does not start without it. */
function dashboardsVariable(name: string): string {
  return `\${${name}}`
}

/** Relative to the `config` folder of OpenSearch. */
function caFile(className: string): string {
  return `${className}-ca.pem`
}

function rolesMapping(input: ProductInput<'opensearch'>): YamlValue {
  const groups = new Map(groupsByRole(input))
  const own = groups.get('all_access') ?? []
  groups.delete('all_access')
  const server = groups.get('kibana_server') ?? []
  groups.delete('kibana_server')
  const entries: [string, YamlValue][] = [
    ['_meta', { type: 'rolesmapping', config_version: 2 }],
    [
      'kibana_server',
      yamlComment('The user of Dashboards itself.', {
        reserved: true,
        users: ['kibanaserver'],
        ...(server.length === 0 ? {} : { backend_roles: server }),
      }),
    ],
    [
      'all_access',
      // The group `admin` of a provider is different: it gets nothing here.
      yamlComment('`admin` is the internal administrator.', {
        reserved: false,
        users: ['admin'],
        ...(own.length === 0 ? {} : { backend_roles: own }),
      }),
    ],
    ...[...groups].map(([role, backendRoles]): [string, YamlValue] => [
      role,
      { reserved: false, backend_roles: backendRoles },
    ]),
  ]
  return new Map(entries)
}

function dashboards(input: ProductInput<'opensearch'>): YamlValue {
  const { product, providers } = input
  const [provider] = providers
  const { pathname, protocol } = new URL(product.url)
  return new Map<string, YamlValue>([
    ...(pathname === '/'
      ? []
      : ([
          ['server.basePath', pathname],
          ['server.rewriteBasePath', true],
        ] as const)),
    ['opensearch.requestHeadersAllowlist', ['authorization', 'securitytenant']],
    ...authType(input),
    ...(input.options.anonymousAccess
      ? [['opensearch_security.auth.anonymous_auth_enabled', true] as [string, YamlValue]]
      : []),
    ['opensearch_security.cookie.secure', protocol === 'https:'],
    ['opensearch_security.cookie.password', dashboardsVariable(cookieVariable)],
    ...(provider ? openidSettings(product.url, provider) : []),
  ])
}

function authType(input: ProductInput<'opensearch'>): [string, YamlValue][] {
  const byPassword = ldapsOf(input).length > 0 || input.providers.length === 0 || input.options.passwordsToo
  if (!byPassword) return [['opensearch_security.auth.type', 'openid']]
  if (input.providers.length === 0) return [['opensearch_security.auth.type', 'basicauth']]
  return [
    ['opensearch_security.auth.multiple_auth_enabled', true],
    ['opensearch_security.auth.type', ['basicauth', 'openid']],
  ]
}

function openidSettings(url: string, provider: Provider): [string, YamlValue][] {
  const prefix = 'opensearch_security.openid'
  const { authorizationParameters: parameters } = provider
  return [
    [`${prefix}.connect_url`, provider.discoveryUrl],
    [
      `${prefix}.client_id`,
      provider.clientIdVariable === undefined ? provider.clientId : dashboardsVariable(provider.clientIdVariable),
    ],
    [`${prefix}.client_secret`, dashboardsVariable(provider.secretVariable)],
    [`${prefix}.scope`, provider.scopes.join(' ')],
    [`${prefix}.base_redirect_url`, url],
    ...(provider.tls.kind === 'own-ca'
      ? [
          [`${prefix}.root_ca`, `/usr/share/opensearch-dashboards/config/${caFile(provider.className)}`] as [
            string,
            string,
          ],
        ]
      : []),
    ...(Object.keys(parameters).length === 0
      ? []
      : [[`${prefix}.additional_parameters`, new Map(Object.entries(parameters))] as [string, YamlValue]]),
  ]
}

function variableStep(input: ProductInput<'opensearch'>): string {
  const onNodes = [
    ...input.providers.flatMap(({ clientIdVariable }) => clientIdVariable ?? []),
    ...ldapsOf(input).flatMap(({ bind }) => (bind ? [bind.userVariable, bind.passwordVariable] : [])),
  ]
  const step = 'Set the variables of `secrets.env.example` in the environment of Dashboards'
  return onNodes.length === 0
    ? `${step}.`
    : `${step}, and ${codes(onNodes)} in the environment of every OpenSearch node.`
}

function steps(input: ProductInput<'opensearch'>): string[] {
  const list = [variableStep(input)]
  for (const someClass of input.classes) {
    if ((someClass.type !== 'oidc' && someClass.type !== 'ldap') || someClass.tls.kind !== 'own-ca') continue
    list.push(
      `Copy the certificate authority (\`ca.crt\` of ${mdCode(someClass.tls.secretClass)}, PEM) to ${mdCode(`config/${caFile(someClass.className)}`)} of every OpenSearch node${someClass.type === 'oidc' ? ' and of Dashboards' : ''}.`,
    )
  }
  if (certificatesOf(input).length > 0) {
    list.push(
      'In `opensearch.yml`, set `plugins.security.ssl.http.clientauth_mode: OPTIONAL` and let `plugins.security.ssl.http.pemtrustedcas_filepath` hold the authority that signs client certificates. The common name (CN) becomes the user name.',
    )
  }
  list.push(
    `Put ${hasRoles(input) ? '`config.yml` and `roles_mapping.yml`' : '`config.yml`'} into \`config/opensearch-security/\` and upload each with \`plugins/opensearch-security/tools/securityadmin.sh -f FILE -t ${hasRoles(input) ? 'config` (or `-t rolesmapping`)' : 'config`'} and your administrator's certificate. An upload replaces what was there. Leave \`-rev\` out: the nodes replace \`\${env.NAME}\` themselves, and the index stores no password.`,
    'Append `opensearch_dashboards.yml` to `config/opensearch_dashboards.yml`, and keep your `opensearch.hosts`, `opensearch.username` and `opensearch.password` there. Dashboards does not start when a variable is missing.',
    ...(hasRoles(input)
      ? [
          'Nobody at the provider may have the user name `admin` or `kibanaserver`: OpenSearch identifies people by name alone, and takes them for its own accounts.',
        ]
      : []),
    `Open ${mdCode(input.product.url)}. \`GET /_plugins/_security/authinfo\` shows who you are, with \`backend_roles\` (groups) and \`roles\`.`,
  )
  return list
}
