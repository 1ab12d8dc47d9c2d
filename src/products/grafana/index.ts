import type { ClaimPath } from '../../claim-path.ts'
import { kindTitles } from '../../config/product-titles.ts'
import {
  type Comment,
  comment,
  envEntry,
  type IniValue,
  iniKey,
  iniSection,
  isIniText,
  jmesField,
  jmesList,
  jmesText,
  jsonLine,
  mdCode,
  placeholderText,
  writeIni,
  writeToml,
} from '../../formats.ts'
import { below } from '../../issuer-text.ts'
import type {
  ExpectedVariable,
  GitHubProvider,
  LdapDirectory,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Rendering,
} from '../contract.ts'
import { sectionsWith } from '../extra/files.ts'
import { environmentFile } from '../writing/environment-file.ts'
import { bindVariables, clientVariables } from '../writing/expected-variables.ts'
import { bindProblems, ldapPath, ldapProblems } from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'
import { nameForPeople } from '../writing/provider-facts.ts'
import { clientTexts, providerTexts, roleTexts, textProblems, titleTexts } from '../writing/replaced-texts.ts'
import {
  groupClaimProblems,
  groupsByRole,
  groupsClaims,
  hasRoles,
  severalProviderProblems,
  unknownRoles,
} from '../writing/roles.ts'
import { grafanaClient, type SectionName, sectionNames, sectionOf } from './client.ts'
import { grafanaRoles, isGrafanaRole, ldapToml } from './ldap.ts'
import { grafanaVariable } from './variable.ts'

const title = kindTitles.grafana

/** Grafana: `grafana.ini`, the same settings as variables in `grafana.env`, and `ldap.toml` for a directory. */
export const grafana: ProductDescription<'grafana'> = {
  title,
  client: grafanaClient,
  people: {
    withoutEmail: 'is kept out',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in without a role',
    singleGroup: 'counts',
    refresh: 'takes a refresh token where it gets one',
  },
  accepts: {
    // Each sign-in is a section: one per vendor that Grafana knows, and one for all others.
    classes: {
      oidc: { most: sectionNames.length },
      github: { most: 1 },
      ldap: { most: 1, why: 'Gatehouse writes one directory into ldap.toml' },
    },
    skipsVerification: ['oidc', 'ldap'],
  },
  admission: {
    fetchesGroups: ['google'],
  },
  problems,
  render,
}

function problems(input: ProductInput<'grafana'>): ProductProblem[] {
  return [
    ...sectionProblems(input),
    ...optionProblems(input),
    ...input.providers.flatMap((provider) => providerProblems(input, provider)),
    ...unknownRoles(input, isGrafanaRole, grafanaRoles.join(', ')),
    ...groupClaimProblems(input),
    ...iniTextProblems(input),
    ...ldapsOf(input).flatMap(directoryProblems),
    ...severalProviderProblems(input, { readsGroups: hasRoles(input) }),
  ]
}

/** Only the section for any provider reads paths, and only with roles is there somebody without one. */
function optionProblems(input: ProductInput<'grafana'>): ProductProblem[] {
  const { options, providers, classes, path } = input
  const { fallbackRole, emailPath } = options
  const at = (key: string) => [...path, 'grafana', key]
  const sections = providers.map(({ kind }) => sectionOf(kind))
  const problems: ProductProblem[] = []
  if (fallbackRole !== undefined && !hasRoles(input)) {
    problems.push(
      warning(
        'setting-ignored',
        at('fallbackRole'),
        'is ignored: without roles Grafana takes none from a sign-in. Add roles (team: [Editor])',
      ),
    )
  }
  const readsNoPath = sections.includes('azuread') || classes.some(({ type }) => type === 'ldap')
  if (fallbackRole !== undefined && hasRoles(input) && readsNoPath) {
    problems.push(
      warning(
        'setting-ignored',
        at('fallbackRole'),
        'is ignored for people from Entra and from a directory: there Grafana has lists of groups, and gives its default role to everybody else',
      ),
    )
  }
  if (emailPath !== undefined && !sections.includes('generic_oauth')) {
    problems.push(
      warning('setting-ignored', at('emailPath'), 'is ignored: only the section [auth.generic_oauth] reads it'),
    )
  }
  if (emailPath !== undefined && !isIniText(emailPath)) {
    problems.push(error(at('emailPath'), `has ${replaced}`))
  }
  return problems
}

function sectionProblems({ providers, path }: ProductInput<'grafana'>): ProductProblem[] {
  return [...Map.groupBy(providers, ({ kind }) => sectionOf(kind))]
    .filter(([, members]) => members.length > 1)
    .map(([name, members]) =>
      error(
        [...path, 'authentication'],
        `Grafana has one section [auth.${name}], but ${members.map(({ className }) => className).join(' and ')} would both be in it: keep one, or list them under \`login\` and give the product the class gatehouse`,
      ),
    )
}

function providerProblems(input: ProductInput<'grafana'>, provider: Provider): ProductProblem[] {
  const { className, endpoints, kind, path, principalClaim, scopes } = provider
  const problems: ProductProblem[] = []
  if (!endpoints) {
    problems.push(
      error(
        path,
        `Grafana reads no discovery document, and the addresses of ${className} are not known: write authenticationClasses.${className}.oidc.endpoints, from ${provider.discoveryUrl}`,
      ),
    )
  }
  if (!scopes.includes('email')) {
    problems.push(
      warning(
        'scope-missing',
        path,
        'the scope email is not requested, and Grafana lets nobody in without an e-mail address: add email',
      ),
    )
  }
  const section = sectionOf(kind)
  if (loginIsEmail(section) && !['email', 'preferred_username'].includes(principalClaim)) {
    problems.push(
      warning(
        'principal-claim-unused',
        path,
        `principalClaim ${principalClaim} is ignored: with [auth.${section}] Grafana uses the e-mail address as user name`,
      ),
    )
  }
  if (section === 'azuread' && groupsByRole(input).has('GrafanaAdmin')) {
    problems.push(
      error(
        path,
        'Grafana gives GrafanaAdmin to people from Entra by an app role only, not by group: remove GrafanaAdmin from roles, and create an app role with the value GrafanaAdmin in the app registration',
      ),
    )
  }
  if (section === 'azuread') {
    problems.push(
      ...Object.keys(input.product.roles)
        .filter((group) => group.endsWith('\\'))
        .map((group) =>
          error(
            [...input.path, 'roles', group],
            'ends with a backslash, which would escape the colon after it in org_mapping: write the object id of the group',
          ),
        ),
    )
  }
  if (section === 'google' && hasRoles(input) && !scopes.includes(googleGroupsScope)) {
    problems.push(
      warning(
        'groups-scope-missing',
        path,
        `roles are assigned by group, and Google shows Grafana its groups only with another scope: add oidc.extraScopes: [${googleGroupsScope}], and write groups as their e-mail addresses`,
      ),
    )
  }
  return problems
}

const googleGroupsScope = 'https://www.googleapis.com/auth/cloud-identity.groups.readonly'

function loginIsEmail(section: SectionName): boolean {
  return section === 'azuread' || section === 'okta' || section === 'google'
}

function iniTextProblems(input: ProductInput<'grafana'>): ProductProblem[] {
  const texts = [
    ...input.providers.flatMap(providerTexts),
    ...input.classes.flatMap(titleTexts),
    ...roleTexts(input),
    ...githubsOf(input).flatMap((github) => [
      ...clientTexts(github),
      ...github.organizations.map((text) => ({ what: 'organization', text, path: github.path })),
    ]),
  ]
  const problems = textProblems(texts, (text) => !isIniText(text), `has ${replaced}`)
  return problems.length > 0 ? problems : settingProblems(input)
}

const replaced = 'a part that Grafana would replace: write it without ${...}, $__...{...} and %(...)s'

/** Addresses, and texts that become such a part only together. */
function settingProblems(input: ProductInput<'grafana'>): ProductProblem[] {
  return ownSections(input).flatMap(({ name, keys }) =>
    keys
      .filter(([, value]) => typeof value === 'string' && !isIniText(value))
      .map(([key, value]) =>
        error(input.path, `${key} of [${name}], ${JSON.stringify(value)}, would have ${replaced}`),
      ),
  )
}

/** Grafana replaces every %s with the user name. */
function directoryProblems(ldap: LdapDirectory): ProductProblem[] {
  const problems = [...ldapProblems(ldap), ...bindProblems(title, ldap, 'binds-as-person')]
  if (ldap.bind || !ldap.searchBase.includes('%s')) return problems
  return [
    ...problems,
    error(
      [...ldapPath(ldap), 'searchBase'],
      'contains %s, which Grafana would replace with the user name: write bindCredentials, or another base',
    ),
  ]
}

function githubsOf({ classes }: ProductInput<'grafana'>): GitHubProvider[] {
  return classes.filter((someClass) => someClass.type === 'github')
}

function ldapsOf({ classes }: ProductInput<'grafana'>): LdapDirectory[] {
  return classes.filter((someClass) => someClass.type === 'ldap')
}

interface Section {
  name: string
  above?: string
  keys: readonly (readonly [key: string, value: IniValue])[]
}

function render(input: ProductInput<'grafana'>): Rendering {
  const sections = sectionsOf(input)
  const ldaps = ldapsOf(input)
  return {
    files: [
      { path: 'grafana.ini', content: writeIni(iniEntries(sections)), takesExtra: true },
      environmentFile('grafana.env', environmentEntries(sections)),
      ...ldaps.map((ldap) => ({ path: 'ldap.toml', content: writeToml(ldapToml(input, ldap)) })),
    ],
    variables: variablesOf(input),
    notes: {
      claims: [
        '`email`, `name`',
        ...groupsClaims(input).map((claim) => `${mdCode(claim)} (a list of strings, for roles)`),
      ],
      needsAudience: false,
      steps: steps(input),
    },
  }
}

function variablesOf(input: ProductInput<'grafana'>): ExpectedVariable[] {
  return [
    ...[...input.providers, ...githubsOf(input)].flatMap((someClass) => clientVariables(input, someClass)),
    ...ldapsOf(input).flatMap(bindVariables),
  ]
}

/** With the settings of `extra`, which `grafana.env` then has too. */
function sectionsOf(input: ProductInput<'grafana'>): Section[] {
  return sectionsWith(input, 'grafana.ini', ownSections(input), iniSyntax)
}

const iniSyntax: Parameters<typeof sectionsWith<IniValue>>[3] = {
  text: (text) => (isIniText(text) ? text : undefined),
  variable: (name) => grafanaVariable(name),
  number: (value) => value,
  boolean: (value) => value,
  refused: [
    [/^auth\.anonymous\.enabled$/, 'lets people in who have not signed in: take it out'],
    [/^auth\..*\.tls_skip_verify_insecure$/, 'is `tls.verification.none` of the class: write it there'],
  ],
}

function ownSections(input: ProductInput<'grafana'>): Section[] {
  return [
    serverSection(input),
    ...input.providers.map((provider) => providerSection(input, provider)),
    ...githubsOf(input).map((github) => githubSection(input, github)),
    ...ldapsOf(input).map(() => ldapSection(input)),
  ]
}

function serverSection({ product }: ProductInput<'grafana'>): Section {
  const below = new URL(product.url).pathname !== '/'
  return {
    name: 'server',
    above: 'Grafana builds redirect URIs from it.',
    keys: [['root_url', `${product.url}/`], ...(below ? [['serve_from_sub_path', true] as const] : [])],
  }
}

function providerSection(input: ProductInput<'grafana'>, provider: Provider): Section {
  const { className, clientAuthenticationMethod, kind, scopes, tls, endpoints } = provider
  const name = sectionOf(kind)
  const keys: (readonly [string, IniValue])[] = [
    ['enabled', true],
    ['name', nameForPeople(provider)],
    ['allow_sign_up', true],
    ['client_id', clientIdOf(provider)],
    ['client_secret', grafanaVariable(provider.secretVariable)],
    ['auth_style', clientAuthenticationMethod === 'client_secret_post' ? 'InParams' : 'InHeader'],
    ['scopes', jsonLine(scopes)],
    ['auth_url', withParameters(endpoints?.authorization ?? '', provider.authorizationParameters)],
    ['token_url', endpoints?.token ?? ''],
  ]
  if (name !== 'azuread')
    keys.push([
      'api_url',
      name === 'gitlab' ? below(provider.innerIssuer ?? provider.issuer, 'api/v4') : (endpoints?.userinfo ?? ''),
    ])
  keys.push(['use_pkce', true], ['use_refresh_token', refreshes(provider)])
  if (name === 'generic_oauth') {
    keys.push(['login_attribute_path', jmesField(provider.principalClaim)], ['name_attribute_path', 'name'])
    if (input.options.emailPath !== undefined) keys.push(['email_attribute_path', input.options.emailPath])
    if (provider.wantsGroups) keys.push(['groups_attribute_path', jmesList(provider.groupsClaim)])
  }
  const tenant = provider.vendor.tenantOf?.(provider.issuer)
  if (tenant?.id !== undefined) keys.push(['allowed_organizations', jsonLine([tenant.id])])
  keys.push(...(name === 'azuread' ? entraRoleKeys(input) : roleKeys(input, provider.groupsClaim)))
  const signOut = signOutUrl(input, provider)
  if (signOut !== undefined) keys.push(['signout_redirect_url', signOut])
  if (tls.kind === 'own-ca') keys.push(['tls_client_ca', caFile(className)])
  if (tls.kind === 'unverified') keys.push(['tls_skip_verify_insecure', true])
  return { name: `auth.${name}`, keys }
}

function clientIdOf({ clientId, clientIdVariable }: Provider | GitHubProvider): IniValue {
  return clientIdVariable === undefined ? clientId : grafanaVariable(clientIdVariable)
}

function withParameters(address: string, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(parameters).toString()
  return query === '' ? address : `${address}${address.includes('?') ? '&' : '?'}${query}`
}

/** When Grafana expects a refresh token and gets none, it signs people out as soon as their access token expires. */
function refreshes({ kind, vendor, scopes }: Provider): boolean {
  // In the sections of vendors only the scope has been tried.
  return scopes.includes('offline_access') || (sectionOf(kind) === 'generic_oauth' && vendor.refreshToken === 'code')
}

/** Grafana adds `id_token_hint` because of the parameter `post_logout_redirect_uri`. */
function signOutUrl(
  { product }: ProductInput<'grafana'>,
  { endpoints, clientId, clientIdVariable }: Provider,
): string | undefined {
  if (endpoints?.endSession === undefined) return undefined
  return withParameters(endpoints.endSession, {
    post_logout_redirect_uri: `${product.url}/login`,
    // Some providers recognise the client only by this once the ID token has expired.
    ...(clientIdVariable === undefined ? { client_id: clientId } : {}),
  })
}

/** The role of the first condition that holds; the highest one comes first. */
function roleKeys(input: ProductInput<'grafana'>, claim: ClaimPath): (readonly [string, IniValue])[] {
  // Without a path Grafana would reset everybody to the default role at each sign-in.
  if (!hasRoles(input)) return [['skip_org_role_sync', true]]
  const groups = groupsByRole(input)
  const conditions = grafanaRoles.flatMap((role) =>
    (groups.get(role) ?? []).map((group) => `contains(${jmesList(claim)}, ${jmesText(group)}) && '${role}'`),
  )
  const { fallbackRole } = input.options
  return [
    ['role_attribute_path', [...conditions, ...(fallbackRole === undefined ? [] : [`'${fallbackRole}'`])].join(' || ')],
    ['allow_assign_grafana_admin', groups.has('GrafanaAdmin')],
  ]
}

/** [auth.azuread] reads app roles and no role_attribute_path; groups give roles by org_mapping. */
function entraRoleKeys(input: ProductInput<'grafana'>): (readonly [string, IniValue])[] {
  if (!hasRoles(input)) return [['allow_assign_grafana_admin', true]]
  const mappings = [...groupsByRole(input)].flatMap(([role, groups]) =>
    groups.map((group) => `${group.replaceAll(':', '\\:')}:1:${role}`),
  )
  return [
    ['org_mapping', jsonLine(mappings)],
    ['allow_assign_grafana_admin', true],
  ]
}

function githubSection(input: ProductInput<'grafana'>, github: GitHubProvider): Section {
  const { hostname, organizations } = github
  const web = `https://${hostname}/login/oauth`
  return {
    name: 'auth.github',
    keys: [
      ['enabled', true],
      ['name', nameForPeople(github)],
      ['allow_sign_up', true],
      ['client_id', clientIdOf(github)],
      ['client_secret', grafanaVariable(github.secretVariable)],
      ['scopes', jsonLine(['user:email', 'read:org'])],
      ['auth_url', `${web}/authorize`],
      ['token_url', `${web}/access_token`],
      ['api_url', hostname === 'github.com' ? 'https://api.github.com/user' : `https://${hostname}/api/v3/user`],
      ...(organizations.length === 0 ? [] : [['allowed_organizations', jsonLine(organizations)] as const]),
      ...roleKeys(input, ['groups']),
    ],
  }
}

function ldapSection(input: ProductInput<'grafana'>): Section {
  return {
    name: 'auth.ldap',
    keys: [
      ['enabled', true],
      ['config_file', '/etc/grafana/ldap.toml'],
      ['allow_sign_up', true],
      ...(hasRoles(input) ? [] : [['skip_org_role_sync', true] as const]),
    ],
  }
}

function caFile(className: string): string {
  return `/etc/grafana/${className}-ca.pem`
}

function iniEntries(sections: readonly Section[]): Parameters<typeof writeIni>[0] {
  return [
    comment('Sign-in. Written by `gatehouse render`: add it to grafana.ini, or set grafana.env instead (REGISTER.md).'),
    ...sections.map(({ name, above, keys }) =>
      iniSection(name, [
        ...(above === undefined ? [] : [comment(above)]),
        ...keys.map(([key, value]) => iniKey(key, value)),
      ]),
    ),
  ]
}

function environmentEntries(sections: readonly Section[]): (Comment | ReturnType<typeof envEntry>)[] {
  return [
    comment('The same as grafana.ini, as variables. Use one of the two. Grafana itself replaces $__env{...}.'),
    ...sections.flatMap(({ name, keys }) =>
      keys.map(([key, value]) =>
        envEntry(
          `GF_${name}_${key}`.replace(/[.-]/g, '_').toUpperCase(),
          typeof value === 'object' ? placeholderText(value) : String(value),
        ),
      ),
    ),
  ]
}

function steps(input: ProductInput<'grafana'>): string[] {
  const list = [
    'Add the sections of `grafana.ini` to `/etc/grafana/grafana.ini`, or set the variables of `grafana.env` in the environment of Grafana (they override the file). Each section may appear only once.',
    'Set the variables of `secrets.env.example` in the environment of Grafana. Grafana reads a missing variable as an empty secret: it starts, and every sign-in fails.',
  ]
  for (const someClass of input.classes) {
    if ((someClass.type === 'oidc' || someClass.type === 'ldap') && someClass.tls.kind === 'own-ca') {
      list.push(
        `Copy the certificate authority (\`ca.crt\` of ${mdCode(someClass.tls.secretClass)}, PEM) to ${mdCode(caFile(someClass.className))}.`,
      )
    }
  }
  if (ldapsOf(input).length > 0) list.push('Copy `ldap.toml` to `/etc/grafana/ldap.toml`.')
  for (const _ of githubsOf(input)) {
    list.push(
      `At GitHub, the authorization callback URL of the OAuth App is ${mdCode(`${input.product.url}/login/github`)}.`,
    )
  }
  if (input.providers.some(({ kind }) => sectionOf(kind) === 'azuread')) list.push(entraStep(input))
  list.push(
    `Restart Grafana and open ${mdCode(`${input.product.url}/login`)}. The form for the local admin stays; \`[auth] disable_login_form = true\` removes it once an administrator can sign in at the provider.`,
  )
  return list
}

function entraStep(input: ProductInput<'grafana'>): string {
  return hasRoles(input)
    ? 'In the app registration, **Token configuration → Add groups claim → Security groups**: Grafana reads the object ids of the groups from the ID token. People with an app role of the value `GrafanaAdmin` are server administrators.'
    : 'In the app registration, **App roles**: create roles with the values `Viewer`, `Editor`, `Admin` and, for server administrators, `GrafanaAdmin`, and give them to people under **Enterprise applications → Users and groups**. People without one get `[users] auto_assign_org_role`.'
}
