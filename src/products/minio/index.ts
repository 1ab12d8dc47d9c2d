import { shownClaim } from '../../claim-path.ts'
import { kindTitles } from '../../config/product-titles.ts'
import {
  type Comment,
  comment,
  type EnvEntry,
  envEntry,
  mdCode,
  type ShellCommand,
  shellCommand,
  writeShell,
} from '../../formats.ts'
import type {
  ExpectedVariable,
  LdapDirectory,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  RenderedFile,
  Rendering,
} from '../contract.ts'
import { variablesFile } from '../extra/files.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { claimCode, claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { bindProblems, filterWithout, groupFilter, ldapProblems, personFilter } from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'
import { groupsAreAtUserinfo, nameForPeople } from '../writing/provider-facts.ts'
import { providerTexts, textProblems } from '../writing/replaced-texts.ts'
import { groupClaimProblems, groupsByRole, hasRoles, isDecidedElsewhere } from '../writing/roles.ts'
import { isBefore } from '../writing/version.ts'
import { minioClient, openid } from './client.ts'

const title = kindTitles.minio
const ldap = 'MINIO_IDENTITY_LDAP'

/** MinIO: variables. Its releases are dates: RELEASE.2025-04-22 is the version "2025.4.22". */
export const minio: ProductDescription<'minio'> = {
  title,
  client: minioClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'is kept out',
    singleGroup: 'is split at commas',
    refresh: 'needs no token',
  },
  accepts: {
    classes: {
      oidc: { most: 1, why: 'MinIO assigns policies by the claim of one provider only' },
      ldap: { most: 1, why: 'MinIO knows one directory' },
    },
    oneTypeOnly: 'MinIO keeps policies for LDAP and OpenID Connect apart, so Gatehouse writes one of the two',
    skipsVerification: ['ldap'],
  },
  ignores: {
    'ldapFieldNames.group': 'MinIO finds groups by their members',
    'ldapFieldNames.givenName': 'MinIO knows people by their DN only',
    'ldapFieldNames.surname': 'MinIO knows people by their DN only',
    'ldapFieldNames.email': 'MinIO knows people by their DN only',
  },
  admission: {
    withoutGroups: (input) => (policiesForAll(input).length > 0 ? undefined : 'nobody gets in'),
    strangers: (input) => (policiesForAll(input).length > 0 ? { severity: 'warning' } : undefined),
  },
  problems,
  render,
}

function problems(input: ProductInput<'minio'>): ProductProblem[] {
  return [
    ...consoleProblems(input),
    ...input.providers.flatMap((provider) => providerProblems(input, provider)),
    ...(policiesForAll(input).length > 0
      ? []
      : [...groupClaimProblems(input), ...nestedClaimProblems(input.providers, { title })]),
    ...ldapsOf(input).flatMap((someClass) => [
      ...ldapProblems(someClass),
      ...bindProblems(title, someClass, 'required'),
    ]),
    ...policyNameProblems(input),
  ]
}

/** minio/minio#21311, #21324, #21325: the console of the community edition lost sign-in by OpenID Connect and LDAP. */
function consoleProblems(input: ProductInput<'minio'>): ProductProblem[] {
  if (input.options.enterprise || isBefore(input.version, '2025.5.24')) return []
  return [
    warning(
      'version-lacking',
      input.product.version === undefined ? input.path : [...input.path, 'version'],
      'the console of the community edition has no sign-in by provider or directory since RELEASE.2025-05-24; programs still get keys from STS. Use RELEASE.2025-04-22 (version: "2025.4.22"), or write minio.enterprise: true for the edition that has it',
    ),
  ]
}

function providerProblems(input: ProductInput<'minio'>, provider: Provider): ProductProblem[] {
  return [
    ...textProblems(
      providerTexts(provider).filter(({ what }) => what === 'scope'),
      (text) => text.includes(','),
      'contains a comma, at which MinIO would split it: choose one without it',
    ),
    ...policyProblems(input, provider),
  ]
}

/** MinIO has no mapping: either everybody has the same policies, or the claim contains names of policies. */
function policyProblems(input: ProductInput<'minio'>, { groupsClaim, path: at }: Provider): ProductProblem[] {
  const { product, path } = input
  const entries = Object.entries(product.roles)
  if (policiesForAll(input).length > 0) {
    if (!hasRoles(input)) return []
    return [
      error(
        [...path, 'minio', 'policies'],
        'MinIO assigns policies either to everybody or by the claim, not both: keep minio.policies or roles',
      ),
    ]
  }
  if (!hasRoles(input) && isDecidedElsewhere(input)) return []
  if (!hasRoles(input)) {
    return [
      warning(
        'roles-missing',
        path,
        `has no roles: only people whose claim ${shownClaim(groupsClaim)} contains the name of a MinIO policy get in. Add minio.policies ([readonly], for everybody), or roles (a group and the policy of the same name)`,
      ),
    ]
  }
  return entries
    .filter(([group, policies]) => policies.some((policy) => policy !== group))
    .map(([group, policies]) =>
      error(
        [...path, 'roles', group],
        `MinIO reads the names in the claim ${shownClaim(groupsClaim)} as names of policies, so the group ${JSON.stringify(group)} cannot have the policy ${JSON.stringify(policies.find((policy) => policy !== group))}: create a policy with the name of the group, or make the provider (${at.join('.')}) send names of policies in another claim and write it as groupsClaim`,
      ),
    )
}

function policyNameProblems({ product, options, path }: ProductInput<'minio'>): ProductProblem[] {
  const places: [(string | number)[], readonly string[]][] = [
    [['minio', 'policies'], options.policies],
    ...Object.entries(product.roles).map(([group, policies]): [string[], readonly string[]] => [
      ['roles', group],
      policies,
    ]),
  ]
  return places.flatMap(([place, policies]) =>
    policies
      .filter((policy) => !/^[A-Za-z0-9_.:@+=-]+$/.test(policy) || policy.startsWith('-'))
      .map((policy) =>
        error(
          [...path, ...place],
          `${JSON.stringify(policy)} cannot be the name of a MinIO policy: use letters, digits and _.:@+=-`,
        ),
      ),
  )
}

/** MinIO calls it a role policy. */
function policiesForAll({ options }: ProductInput<'minio'>): readonly string[] {
  return options.policies
}

function ldapsOf({ classes }: ProductInput<'minio'>): LdapDirectory[] {
  return classes.filter((someClass) => someClass.type === 'ldap')
}

function render(input: ProductInput<'minio'>): Rendering {
  const directories = ldapsOf(input)
  const files: RenderedFile[] = [
    variablesFile(input, 'minio.env', environment(input), {
      expected: [`${openid}_CLIENT_SECRET`, `${ldap}_LOOKUP_BIND_DN`, `${ldap}_LOOKUP_BIND_PASSWORD`],
    }),
  ]
  if (directories.length > 0 && hasRoles(input)) {
    files.push({ path: 'policies.sh', content: writeShell(policyCommands(input)) })
  }
  return {
    files,
    variables: [
      ...input.providers.flatMap((provider) => clientVariables(input, provider)),
      ...directories.flatMap(lookupVariables),
    ],
    notes: {
      claims:
        policiesForAll(input).length > 0
          ? []
          : input.providers.map(({ groupsClaim }) => `${claimCode(groupsClaim)} (names of policies)`),
      needsAudience: false,
      steps: steps(input),
    },
  }
}

/** MinIO reads them from these variables only. */
function lookupVariables({ className, bind }: LdapDirectory): ExpectedVariable[] {
  if (!bind) return []
  const from = (key: string) => ({ secretName: bind.secretName, key })
  return [
    { name: `${ldap}_LOOKUP_BIND_DN`, note: `The DN of the account that searches ${className}.`, from: from('user') },
    { name: `${ldap}_LOOKUP_BIND_PASSWORD`, note: 'The password of that DN.', from: from('password') },
  ]
}

function environment(input: ProductInput<'minio'>): (Comment | EnvEntry)[] {
  return [
    comment(
      'Sign-in. Written by `gatehouse render`: set these in the environment of every MinIO server (REGISTER.md).',
    ),
    envEntry('MINIO_BROWSER_REDIRECT_URL', input.product.url),
    ...input.providers.flatMap((provider) => openidEntries(input, provider)),
    ...ldapsOf(input).flatMap((someClass) => ldapEntries(input, someClass)),
  ]
}

function openidEntries(input: ProductInput<'minio'>, provider: Provider): EnvEntry[] {
  const { clientId, clientIdVariable, discoveryUrl, groupsClaim, principalClaim, scopes } = provider
  const forAll = policiesForAll(input)
  const byClaim = forAll.length === 0
  return [
    envEntry(`${openid}_DISPLAY_NAME`, nameForPeople(provider)),
    envEntry(`${openid}_CONFIG_URL`, discoveryUrl),
    // The operator sets it with the secret, if it must not be in a file.
    ...(clientIdVariable === undefined ? [envEntry(`${openid}_CLIENT_ID`, clientId)] : []),
    envEntry(`${openid}_SCOPES`, scopes.join(',')),
    byClaim
      ? envEntry(`${openid}_CLAIM_NAME`, claimName(groupsClaim))
      : envEntry(`${openid}_ROLE_POLICY`, forAll.join(',')),
    ...(byClaim && groupsAreAtUserinfo(provider) ? [envEntry(`${openid}_CLAIM_USERINFO`, 'on')] : []),
    ...(isBefore(input.version, '2025.4.22') ? [] : [envEntry(`${openid}_USER_READABLE_CLAIM`, principalClaim)]),
  ]
}

function ldapEntries(input: ProductInput<'minio'>, directory: LdapDirectory): (Comment | EnvEntry)[] {
  const { host, port, searchBase, searchFilter, fields, tls } = directory
  return [
    envEntry(`${ldap}_SERVER_ADDR`, `${host.includes(':') ? `[${host}]` : host}:${port}`),
    ...(tls.kind === 'plain' ? [envEntry(`${ldap}_SERVER_INSECURE`, 'on')] : []),
    ...(tls.kind === 'unverified' ? [envEntry(`${ldap}_TLS_SKIP_VERIFY`, 'on')] : []),
    envEntry(`${ldap}_USER_DN_SEARCH_BASE_DN`, searchBase),
    envEntry(`${ldap}_USER_DN_SEARCH_FILTER`, personFilter(`${fields.uid}=%s`, filterWithout(/%/g, searchFilter))),
    comment('MinIO finds groups by the DN of their members, and groups of POSIX by the user name.'),
    envEntry(`${ldap}_GROUP_SEARCH_BASE_DN`, input.options.groupSearchBase ?? searchBase),
    envEntry(`${ldap}_GROUP_SEARCH_FILTER`, groupFilter('%d', '%s')),
  ]
}

function policyCommands(input: ProductInput<'minio'>): (Comment | ShellCommand)[] {
  return [
    comment('Policies for groups of the directory, by DN. Written by `gatehouse render`; `minio` is the alias of mc.'),
    ...[...groupsByRole(input)].flatMap(([policy, groups]) =>
      groups.map((group) => shellCommand('mc', 'idp', 'ldap', 'policy', 'attach', 'minio', policy, `--group=${group}`)),
    ),
  ]
}

function steps(input: ProductInput<'minio'>): string[] {
  const list = [
    'Set the variables of `minio.env` and of `secrets.env.example` in the environment of every MinIO server, the same everywhere, and restart them together. The variables override `mc admin config`.',
  ]
  for (const someClass of input.classes) {
    if ((someClass.type !== 'oidc' && someClass.type !== 'ldap') || someClass.tls.kind !== 'own-ca') continue
    list.push(
      `Copy the certificate authority (\`ca.crt\` of ${mdCode(someClass.tls.secretClass)}, PEM) to ${mdCode(`certs/CAs/${someClass.className}.crt`)} in the configuration folder of every server (\`~/.minio\`, or \`--certs-dir\`).`,
    )
  }
  if (ldapsOf(input).length > 0) {
    list.push(
      hasRoles(input)
        ? 'Name the server `minio` for mc (`mc alias set minio URL USER PASSWORD`) and run `sh policies.sh`. It stops at a policy that is already attached; remove that line and run it again.'
        : 'Attach policies: `mc idp ldap policy attach minio readonly --group=DN`. Without one, nobody gets in.',
    )
  } else {
    list.push(
      policiesForAll(input).length > 0
        ? 'Everybody who signs in has the same policies. `mc idp openid info minio` shows the role ARN that programs send to STS.'
        : 'Create a policy of the same name for each value of the claim that should grant rights: `mc admin policy create minio NAME FILE`. A person whose claim names no policy is refused.',
    )
  }
  list.push(`Open ${mdCode(input.product.url)}. ${programs(input)}`)
  return list
}

/** Passwords and tokens go into the body: addresses end up in the logs of every proxy. */
function programs(input: ProductInput<'minio'>): string {
  const call = (action: string, fields: string) =>
    `\`POST /\` with \`Action=${action}&Version=2011-06-15&${fields}\` in the body of the request, not in the address`
  return ldapsOf(input).length > 0
    ? `A program gets keys with name and password: ${call('AssumeRoleWithLDAPIdentity', 'LDAPUsername=...&LDAPPassword=...')}.`
    : `A program gets keys with an ID token: ${call('AssumeRoleWithWebIdentity', 'WebIdentityToken=...')}.`
}
