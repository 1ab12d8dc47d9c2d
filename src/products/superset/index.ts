import { kindTitles } from '../../config/product-titles.ts'
import { comment, mdCode, type PyStatement, pyAssign, pyEnvironment, writePython } from '../../formats.ts'
import type { ProductDescription, ProductInput, ProductProblem, Rendering } from '../contract.ts'
import { pythonWith } from '../extra/files.ts'
import {
  accountRules,
  type FlaskAppBuilder,
  flaskAppBuilderClaims,
  flaskAppBuilderImports,
  flaskAppBuilderKind,
  flaskAppBuilderProblems,
  flaskAppBuilderStatements,
  flaskAppBuilderVariables,
  flaskSyntax,
  installationSteps,
  securityStatements,
  sessionProblems,
  sessionStatements,
} from '../flask-app-builder/index.ts'
import { ldapDirectory } from '../flask-app-builder/ldap.ts'
import { warning } from '../writing/problem.ts'
import { hasRoles } from '../writing/roles.ts'
import { callbackUri, supersetClient } from './client.ts'

const title = kindTitles.superset
const file = 'superset_config.py'

const fab: FlaskAppBuilder = {
  title,
  exampleRole: 'Alpha',
  securityManager: {
    module: 'superset.security',
    name: 'SupersetSecurityManager',
    setting: 'CUSTOM_SECURITY_MANAGER',
  },
  callbackUri,
}

/** Superset: one Python file, complete as SUPERSET_CONFIG_PATH, or run after an operator's own. */
export const superset: ProductDescription<'superset'> = {
  title,
  client: supersetClient,
  people: {
    withoutEmail: 'gets in with a made-up address',
    unverifiedEmail: 'is kept out where the address is the user name',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in without a role',
    singleGroup: 'counts',
    refresh: 'needs no token',
  },
  ...flaskAppBuilderKind,
  problems: (input) => [...flaskAppBuilderProblems(fab, input), ...sessionProblems(input), ...urlProblems(input)],
  render,
}

function urlProblems({ product, path }: ProductInput): ProductProblem[] {
  const { pathname } = new URL(product.url)
  if (pathname === '/') return []
  return [
    warning(
      'path-needs-proxy',
      [...path, 'url'],
      `Superset below a path needs a proxy that sends X-Forwarded-Prefix: ${pathname}; without it the redirect URI lacks the path`,
    ),
  ]
}

function render(input: ProductInput<'superset'>): Rendering {
  return {
    files: [
      { path: file, content: writePython(pythonWith(input, file, configModule(input), flaskSyntax)), takesExtra: true },
    ],
    variables: [
      {
        name: 'SUPERSET_SECRET_KEY',
        note: 'Signs the session cookies; the same for every replica and every restart. Make one: openssl rand -base64 42',
      },
      ...flaskAppBuilderVariables(input),
    ],
    notes: { claims: flaskAppBuilderClaims(input), needsAudience: false, steps: steps(input) },
  }
}

function configModule(input: ProductInput<'superset'>): PyStatement[] {
  return [
    comment(
      'Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.',
    ),
    ...flaskAppBuilderImports(fab, input),
    comment(''),
    comment('No default on purpose: a known key lets anybody sign a session (CVE-2023-27524).'),
    pyAssign('SECRET_KEY', pyEnvironment('SUPERSET_SECRET_KEY')),
    comment(''),
    ...flaskAppBuilderStatements(fab, input),
    ...recaptchaStatements(input),
    ...proxyStatements(input),
    ...sessionStatements(input.options),
    ...securityStatements(fab, input),
  ]
}

/** Its sign-in page reads the setting without a default wherever people can register other than by OAuth. */
function recaptchaStatements(input: ProductInput): PyStatement[] {
  if (!ldapDirectory(input) || !accountRules(input).userRegistration) return []
  return [
    comment(''),
    comment('Nobody is asked for it, but the sign-in page fails without it (KeyError).'),
    pyAssign('RECAPTCHA_PUBLIC_KEY', ''),
  ]
}

function proxyStatements({ product }: ProductInput): PyStatement[] {
  if (!product.url.startsWith('https:')) return []
  return [
    comment(''),
    comment('TLS ends at a proxy: without this the redirect URI begins with http.'),
    pyAssign('ENABLE_PROXY_FIX', true),
    pyAssign('SESSION_COOKIE_SECURE', true),
  ]
}

function steps(input: ProductInput): string[] {
  const list = [
    ...installationSteps(fab, input),
    'Set `SUPERSET_CONFIG_PATH` to the absolute path of `superset_config.py`. If you have your own configuration, keep it and end it with `exec(open("/path/to/rendered/superset_config.py").read())`; do not set `SECRET_KEY`, `AUTH_TYPE`, `AUTH_ROLES_...` or `OAUTH_PROVIDERS` elsewhere.',
    'Set the variables of `secrets.env.example` in the environment of Superset, the same for every replica. With two different values of `SUPERSET_SECRET_KEY` a sign-in ends with `mismatching_state`. A Superset that had another key needs `superset re-encrypt-secrets`.',
  ]
  if (input.product.url.startsWith('https:')) {
    list.push(
      'The proxy in front must set `X-Forwarded-For`, `X-Forwarded-Proto: https` and `X-Forwarded-Host`; an `X-Forwarded-Port` must be the public one. Nobody may reach Superset without it.',
    )
  }
  list.push(
    'Run `superset db upgrade` and `superset init` once (it creates the roles Admin, Alpha, Gamma and sql_lab), then start it and wait until `/health` answers `OK`.',
    `Open ${mdCode(`${input.product.url}/login/`)} and ${ldapDirectory(input) ? 'sign in' : 'click the button'}.${hasRoles(input) ? ' The first person who needs Admin must be in a group that `roles` gives Admin.' : ''}`,
  )
  return list
}
