import { kindTitles } from '../../config/product-titles.ts'
import {
  type Comment,
  comment,
  type EnvEntry,
  envEntry,
  mdCode,
  type PyStatement,
  pyAssign,
  pyFrom,
  writePython,
} from '../../formats.ts'
import type { ExpectedVariable, ProductDescription, ProductInput, ProductProblem, Rendering } from '../contract.ts'
import { pythonWith, variablesFile } from '../extra/files.ts'
import {
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
import { airflowClient, callbackUri, isAirflow2 } from './client.ts'

const title = kindTitles.airflow
const file = 'webserver_config.py'

const fab: FlaskAppBuilder = {
  title,
  exampleRole: 'Viewer',
  securityManager: {
    module: 'airflow.providers.fab.auth_manager.security_manager.override',
    name: 'FabAirflowSecurityManagerOverride',
    setting: 'SECURITY_MANAGER_CLASS',
  },
  callbackUri,
}

/** Airflow with the FAB auth manager: `webserver_config.py`, and the variables that Airflow 3 needs to read it. */
export const airflow: ProductDescription<'airflow'> = {
  title,
  client: airflowClient,
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
      `Airflow takes the path ${pathname} from its base_url, so the proxy must pass on the whole path and send no X-Forwarded-Prefix, which some versions turn into a wrong redirect URI`,
    ),
  ]
}

function render(input: ProductInput<'airflow'>): Rendering {
  return {
    files: [
      { path: file, content: writePython(pythonWith(input, file, configModule(input), flaskSyntax)), takesExtra: true },
      variablesFile(input, 'airflow.env', environment(input), {
        expected: keyVariables(input).map(({ name }) => name),
      }),
    ],
    variables: [...keyVariables(input), ...flaskAppBuilderVariables(input)],
    notes: { claims: flaskAppBuilderClaims(input), needsAudience: false, steps: steps(input) },
  }
}

function configModule(input: ProductInput<'airflow'>): PyStatement[] {
  return [
    comment(
      'Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.',
    ),
    ...flaskAppBuilderImports(fab, input),
    ...ldapImport(input),
    comment(''),
    pyAssign('WTF_CSRF_ENABLED', true),
    comment(''),
    ...flaskAppBuilderStatements(fab, input),
    ...sessionStatements(input.options),
    ...securityStatements(fab, input),
  ]
}

/** The FAB provider 3.6 uses `ldap.filter` without importing it, so every sign-in fails. */
function ldapImport(input: ProductInput): PyStatement[] {
  if (!ldapDirectory(input)) return []
  return [comment('The FAB provider 3.6 uses it without importing it.'), pyFrom('ldap', ['filter', 'ldap_filter'])]
}

function keyVariables({ version }: ProductInput): ExpectedVariable[] {
  const note = (what: string) => `${what}; the same for every replica and every restart. Make one: openssl rand -hex 32`
  if (isAirflow2(version)) return [{ name: 'AIRFLOW__WEBSERVER__SECRET_KEY', note: note('Signs the sessions') }]
  return [
    { name: 'AIRFLOW__API__SECRET_KEY', note: note('Signs the sessions') },
    { name: 'AIRFLOW__API_AUTH__JWT_SECRET', note: note('Signs the tokens of the API') },
  ]
}

const authManager = envEntry(
  'AIRFLOW__CORE__AUTH_MANAGER',
  'airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager',
)

function environment({ product, version }: ProductInput): (Comment | EnvEntry)[] {
  const isHttps = product.url.startsWith('https:')
  const head = comment(
    'Written by `gatehouse render`: for every component of Airflow, together with secrets.env (REGISTER.md).',
  )
  if (isAirflow2(version)) {
    return [
      head,
      authManager,
      comment('Without it the API does not know people who signed in.'),
      envEntry('AIRFLOW__API__AUTH_BACKENDS', 'airflow.api.auth.backend.session'),
      envEntry('AIRFLOW__WEBSERVER__BASE_URL', product.url),
      ...proxyEntries(isHttps, 'WEBSERVER'),
    ]
  }
  return [
    head,
    comment('Airflow 3 reads webserver_config.py with this auth manager only.'),
    authManager,
    envEntry('AIRFLOW__API__BASE_URL', product.url),
    ...proxyEntries(isHttps, 'FAB'),
  ]
}

function proxyEntries(isHttps: boolean, section: string): (Comment | EnvEntry)[] {
  if (!isHttps) return []
  return [
    comment('TLS ends at a proxy: without this the redirect URI begins with http.'),
    envEntry(`AIRFLOW__${section}__ENABLE_PROXY_FIX`, 'True'),
    envEntry(`AIRFLOW__${section}__COOKIE_SECURE`, 'True'),
  ]
}

function steps(input: ProductInput): string[] {
  const { product, version } = input
  const is2 = isAirflow2(version)
  const list = [
    is2
      ? 'Airflow 2.9 and later has the FAB provider (`apache-airflow-providers-fab`) already.'
      : 'Install the FAB provider into the environment of Airflow: `pip install apache-airflow-providers-fab`. Otherwise Airflow 3 has another auth manager.',
    ...installationSteps(fab, input),
    `Copy \`webserver_config.py\` to \`$AIRFLOW_HOME/webserver_config.py\` (or name it in \`${is2 ? 'AIRFLOW__WEBSERVER__CONFIG_FILE' : 'AIRFLOW__FAB__CONFIG_FILE'}\`). Without the file, Airflow silently asks for its own password.`,
    is2
      ? 'Set the variables of `airflow.env` and of `secrets.env.example` in the environment of **every** component (webserver, scheduler, workers, triggerer): with another `AIRFLOW__WEBSERVER__SECRET_KEY` a worker answers 403 when the webserver asks it for a log.'
      : 'Set the variables of `airflow.env` and of `secrets.env.example` in the environment of **every** component (API server, scheduler, workers, triggerer, dag processor): with another `AIRFLOW__API_AUTH__JWT_SECRET` every task ends with `Signature verification failed`.',
  ]
  if (product.url.startsWith('https:')) {
    list.push(
      is2
        ? 'The proxy in front must set `X-Forwarded-For`, `X-Forwarded-Proto: https` and `X-Forwarded-Host`. Nobody may reach Airflow without it.'
        : 'Start it with `airflow api-server --proxy-headers` and set `FORWARDED_ALLOW_IPS` to the address of the proxy, which must set `X-Forwarded-For`, `X-Forwarded-Proto: https` and `X-Forwarded-Host`. Nobody may reach Airflow without it.',
    )
  }
  list.push(
    `Run \`airflow db migrate\` once, then start it and wait until ${mdCode(is2 ? '/health' : '/api/v2/monitor/health')} answers.`,
    `Open ${mdCode(product.url)} and ${ldapDirectory(input) ? 'sign in' : 'click the button'}.${hasRoles(input) ? ' The first person who needs Admin must be in a group that `roles` gives Admin.' : ''}`,
  )
  return list
}
