import { kindTitles } from '../../config/product-titles.ts'
import {
  comment,
  type Data,
  jsonLine,
  mdCode,
  shellCommand,
  shellVariable,
  writeJson,
  writeShell,
} from '../../formats.ts'
import type {
  ExpectedVariable,
  LdapDirectory,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Rendering,
} from '../contract.ts'
import { dataWith, type TreeSyntax } from '../extra/files.ts'
import { bindVariables, clientVariables } from '../writing/expected-variables.ts'
import { foundByGo, isGoPattern } from '../writing/go-pattern.ts'
import { claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { bindProblems, ldapProblems } from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'
import { nameForPeople } from '../writing/provider-facts.ts'
import { providerTexts, textProblems } from '../writing/replaced-texts.ts'
import { groupClaimProblems, groupsByRole, groupsClaims, unknownRoles } from '../writing/roles.ts'
import { isBefore } from '../writing/version.ts'
import { harborClient } from './client.ts'

const title = kindTitles.harbor
const file = 'configuration.json'

/** Values of `extra`. Secrets of Harbor are in settings that render knows. */
const harborSyntax: TreeSyntax = { withoutVariable: 'set it with the API of Harbor' }

/** Harbor stores its settings in its database: a body for its API, and a script that sends it with the secrets. */
export const harbor: ProductDescription<'harbor'> = {
  title,
  client: harborClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in',
    singleGroup: 'is lost',
    refresh: 'needs a refresh token',
    sendsAccessType: true,
    withoutRefreshToken: 'CLI secrets for docker stop working when the token has expired',
  },
  accepts: {
    classes: { oidc: { most: 1 }, ldap: { most: 1 } },
    oneTypeOnly: 'Harbor has one auth_mode',
    skipsVerification: ['oidc', 'ldap'],
  },
  ignores: {
    'ldapFieldNames.givenName': 'Harbor takes names from cn and displayName',
    'ldapFieldNames.surname': 'Harbor takes names from cn and displayName',
    'ldapFieldNames.email': 'Harbor takes the address from mail or email',
  },
  problems,
  render,
}

function problems(input: ProductInput<'harbor'>): ProductProblem[] {
  return [
    ...unknownRoles(input, (role) => role === 'admin', 'admin; assign roles in projects to groups in Harbor'),
    ...adminProblems(input),
    ...groupClaimProblems(input),
    ...nestedClaimProblems(
      input.providers.filter(({ wantsGroups }) => wantsGroups),
      { title },
    ),
    ...scopeProblems(input),
    ...optionProblems(input),
    ...ldapsOf(input).flatMap((ldap) => [...ldapProblems(ldap), ...bindProblems(title, ldap, 'required')]),
  ]
}

function adminProblems(input: ProductInput<'harbor'>): ProductProblem[] {
  const admins = groupsByRole(input).get('admin') ?? []
  if (admins.length < 2) return []
  return [
    error(
      [...input.path, 'roles'],
      `Harbor has one group of administrators, but there are ${admins.length} (${admins.join(', ')}): keep one`,
    ),
  ]
}

function optionProblems(input: ProductInput<'harbor'>): ProductProblem[] {
  const { options, providers, path } = input
  const at = (key: string) => [...path, 'harbor', key]
  const { groupFilter } = options
  if (providers.length === 0) {
    return (['groupFilter', 'primaryAuthMode'] as const)
      .filter((key) => options[key] !== undefined)
      .map((key) => warning('setting-ignored', at(key), 'is ignored: there is no class of type oidc'))
  }
  const problems: ProductProblem[] = []
  if (groupFilter === undefined) return problems
  const [admins] = groupsByRole(input).get('admin') ?? []
  if (!isGoPattern(groupFilter)) {
    problems.push(error(at('groupFilter'), `${JSON.stringify(groupFilter)} is no regular expression of Go (RE2)`))
  } else if (admins !== undefined && !foundByGo(groupFilter, admins)) {
    problems.push(warning('admin-missing', at('groupFilter'), `leaves out ${admins}, the group of the administrators`))
  }
  if (!providers.some(({ wantsGroups }) => wantsGroups)) {
    problems.push(warning('setting-ignored', at('groupFilter'), 'has no effect: no groups are asked for'))
  }
  return problems
}

function scopeProblems({ providers }: ProductInput<'harbor'>): ProductProblem[] {
  return textProblems(
    providers.flatMap(providerTexts).filter(({ what }) => what === 'scope'),
    (text) => text.includes(','),
    'contains a comma, at which Harbor would split it: choose one without it',
  )
}

function ldapsOf({ classes }: ProductInput<'harbor'>): LdapDirectory[] {
  return classes.filter((someClass) => someClass.type === 'ldap')
}

/** A setting of Harbor whose value comes from a variable. */
interface SecretSetting {
  setting: string
  variable: string
}

function render(input: ProductInput<'harbor'>): Rendering {
  const ldaps = ldapsOf(input)
  const settings: ReadonlyMap<string, Data> = new Map([
    ...input.providers.flatMap((provider) => oidcSettings(input, provider)),
    ...ldaps.flatMap((ldap) => ldapSettings(input, ldap)),
  ])
  return {
    files: [
      { path: file, content: writeJson(dataWith(input, file, settings, harborSyntax)), takesExtra: true },
      { path: 'apply.sh', content: applyScript(input) },
    ],
    variables: variablesOf(input),
    notes: {
      claims: ['`email`', ...groupsClaims(input).map((claim) => `${mdCode(claim)} (a list of strings)`)],
      needsAudience: false,
      secretPlace: 'the shell in which you run `apply.sh`',
      steps: steps(input),
    },
  }
}

function variablesOf(input: ProductInput<'harbor'>): ExpectedVariable[] {
  return [
    ...input.providers.flatMap((provider) => clientVariables(input, provider)),
    ...ldapsOf(input).flatMap(bindVariables),
    { name: 'HARBOR_ADMIN_PASSWORD', note: "The password of Harbor's user admin, for apply.sh." },
  ]
}

function oidcSettings(input: ProductInput<'harbor'>, provider: Provider): [string, Data][] {
  const [admins] = groupsByRole(input).get('admin') ?? []
  const { groupFilter, primaryAuthMode } = input.options
  return [
    ['auth_mode', 'oidc_auth'],
    ['oidc_name', nameForPeople(provider)],
    ['oidc_endpoint', provider.issuer],
    ...(provider.clientIdVariable === undefined ? [['oidc_client_id', provider.clientId] as [string, string]] : []),
    ['oidc_scope', provider.scopes.join(',')],
    ['oidc_user_claim', provider.principalClaim],
    ['oidc_auto_onboard', true],
    ['oidc_groups_claim', provider.wantsGroups ? claimName(provider.groupsClaim) : ''],
    ['oidc_admin_group', admins ?? ''],
    ...(groupFilter === undefined ? [] : [['oidc_group_filter', groupFilter] as [string, string]]),
    ...(primaryAuthMode === undefined ? [] : [['primary_auth_mode', primaryAuthMode] as [string, boolean]]),
    ['oidc_verify_cert', provider.tls.kind !== 'unverified'],
    ['oidc_extra_redirect_parms', jsonLine(new Map(Object.entries(provider.authorizationParameters)))],
    ...(hasLogout(input) ? [['oidc_logout', provider.endpoints?.endSession !== undefined] as [string, boolean]] : []),
  ]
}

/** goharbor/harbor#21718 */
function hasLogout({ version }: ProductInput<'harbor'>): boolean {
  return !isBefore(version, '2.13.0')
}

function ldapSettings(input: ProductInput<'harbor'>, ldap: LdapDirectory): [string, Data][] {
  const [admins] = groupsByRole(input).get('admin') ?? []
  return [
    ['auth_mode', 'ldap_auth'],
    ['ldap_url', ldap.url],
    ['ldap_base_dn', ldap.searchBase],
    ['ldap_filter', ldap.searchFilter],
    ['ldap_uid', ldap.fields.uid],
    ['ldap_scope', 2],
    ['ldap_verify_cert', ldap.tls.kind !== 'unverified'],
    ['ldap_group_membership_attribute', ldap.fields.group],
    ['ldap_group_admin_dn', admins ?? ''],
  ]
}

function secretsOf(input: ProductInput<'harbor'>): SecretSetting[] {
  return [
    ...input.providers.flatMap(({ clientIdVariable, secretVariable }) => [
      ...(clientIdVariable === undefined ? [] : [{ setting: 'oidc_client_id', variable: clientIdVariable }]),
      { setting: 'oidc_client_secret', variable: secretVariable },
    ]),
    ...ldapsOf(input).flatMap(({ bind }) =>
      bind
        ? [
            { setting: 'ldap_search_dn', variable: bind.userVariable },
            { setting: 'ldap_search_password', variable: bind.passwordVariable },
          ]
        : [],
    ),
  ]
}

/**
 * jq reads the secrets from the environment, and curl the password from standard input, so that no list of processes shows
 * them. The body goes through a file that only the owner can read. Basic cannot carry control characters (RFC 7617 section 2).
 */
const send = [
  'url=$1; shift',
  "user=$(jq --null-input --raw-output '",
  '  if env.HARBOR_ADMIN_PASSWORD | explode | any(. < 32 or . == 127)',
  '  then error("HARBOR_ADMIN_PASSWORD contains control characters")',
  '  else "user = " + ("admin:" + env.HARBOR_ADMIN_PASSWORD | tojson) end\')',
  'body=$(mktemp)',
  'trap \'rm -f "$body"\' EXIT; trap "exit 1" HUP INT TERM',
  'jq \'reduce $ARGS.positional[] as $pair (.; ($pair | split("=")) as [$setting, $name] | .[$setting] = env[$name])\' configuration.json --args "$@" > "$body"',
  'printf "%s\\n" "$user" |',
  'curl --config - --fail-with-body --silent --show-error --request PUT --header "Content-Type: application/json" --data-binary "@$body" -- "$url"',
].join('\n')

function applyScript(input: ProductInput<'harbor'>): string {
  const secrets = secretsOf(input)
  return writeShell([
    comment(
      'Sends configuration.json and the secrets to Harbor. Written by `gatehouse render`. Needs jq and curl; run it in this folder.',
    ),
    ...[...secrets.map(({ variable }) => variable), 'HARBOR_ADMIN_PASSWORD'].map((name) =>
      shellCommand('test', '-n', shellVariable(name)),
    ),
    shellCommand(
      'sh',
      '-euc',
      send,
      'apply',
      `${input.product.url}/api/v2.0/configurations`,
      ...secrets.map(({ setting, variable }) => `${setting}=${variable}`),
    ),
  ])
}

function steps(input: ProductInput<'harbor'>): string[] {
  const list: string[] = []
  for (const someClass of input.classes) {
    if ((someClass.type !== 'oidc' && someClass.type !== 'ldap') || someClass.tls.kind !== 'own-ca') continue
    list.push(
      `Copy the certificate authority (\`ca.crt\` of ${mdCode(someClass.tls.secretClass)}, PEM) to ${mdCode(`common/config/shared/trust-certificates/${someClass.className}.crt`)} of the installation and restart harbor-core (Helm: \`caBundleSecretName\`).`,
    )
  }
  list.push(
    'Do this while only `admin` has an account: Harbor refuses another `auth_mode` once there are users (`the auth mode cannot be modified`).',
    'Export the variables of `secrets.env.example` (`set -a; . ./secrets.env`) and run `sh apply.sh` in this folder. Run it again after every change.',
    'If `CONFIG_OVERWRITE_JSON` is set, Harbor refuses changes through its API: then put the content of `configuration.json` and the secret into that variable instead, from a secret store.',
    `Open ${mdCode(input.product.url)}. \`admin\` still signs in at ${mdCode(`${input.product.url}/account/sign-in`)}.`,
  )
  if (input.providers.length > 0) {
    list.push('For `docker login`, use the **CLI secret** in your user profile: Docker cannot sign in at a provider.')
  }
  return list
}
