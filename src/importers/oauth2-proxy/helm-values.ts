/** Values of the charts of oauth2-proxy (its own, and Bitnami's), also below the name of a subchart. */
import { isMap, listAt, mapAt } from '../../maps.ts'
import type { ImportFile, NotCarried } from '../contract.ts'
import { emailsIn } from './config-file.ts'
import { areProxyFlags } from './flags.ts'
import { combined, FromElsewhere, type NamedSource, nothing, type ProxyFile, settingsOf } from './found.ts'

type DataMap = Readonly<Record<string, unknown>>

/** What a chart makes of its values. */
export interface ChartValues {
  read: ProxyFile
  /** Texts of oauth2-proxy.cfg. */
  files: ImportFile[]
  alpha: [place: string, data: DataMap][]
  alphaTexts: [place: string, text: string][]
  container: { args: string[]; env: readonly unknown[]; envFrom: readonly unknown[] }
}

const configKeys = [
  'clientID',
  'clientSecret',
  'cookieSecret',
  'cookieName',
  'configFile',
  'content',
  'existingSecret',
  'existingConfig',
  'existingConfigmap',
  'oidcIssuerUrl',
  'redirectUrl',
  'google',
  'emailDomains',
]

/** Every map that is values of a chart of oauth2-proxy, with the path below which it stands. */
export function chartValuesIn(data: DataMap): [path: string, values: DataMap][] {
  if (isChartValues(data)) return [['', data]]
  return Object.entries(data).flatMap(([key, value]): [string, DataMap][] => {
    if (!isMap(value)) return []
    if (isChartValues(value) && (/oauth2?[-_]?proxy/i.test(key) || isUnmistakable(value))) return [[key, value]]
    return []
  })
}

function isChartValues(values: DataMap): boolean {
  const config = { ...mapAt(values, 'config'), ...mapAt(values, 'configuration') }
  return configKeys.some((key) => Object.hasOwn(config, key)) || isUnmistakable(values)
}

function isUnmistakable(values: DataMap): boolean {
  return (
    isMap(values['alphaConfig']) ||
    areProxyFlags(extraArgs(values)) ||
    (isMap(values['authenticatedEmailsFile']) && Object.keys(values).length > 0) ||
    JSON.stringify([values['extraEnv'] ?? [], values['extraEnvVars'] ?? []]).includes('OAUTH2_PROXY_')
  )
}

function extraArgs(values: DataMap): string[] {
  const { extraArgs: given } = values
  if (Array.isArray(given)) return given.filter((word) => typeof word === 'string')
  return Object.entries(isMap(given) ? given : {}).flatMap(([name, value]) => {
    // A chart writes what it is given: a list becomes one text.
    const text = Array.isArray(value) ? value.map(String).join(',') : String(value)
    return [value === null ? `--${name}` : `--${name}=${text}`]
  })
}

export function readChartValues(values: DataMap, place: string): ChartValues {
  const isBitnami = isMap(values['configuration'])
  const config = isBitnami ? mapAt(values, 'configuration') : mapAt(values, 'config')
  const configKey = isBitnami ? 'configuration' : 'config'
  const alphaConfig = mapAt(values, 'alphaConfig')
  const hasAlpha = alphaConfig['enabled'] === true
  const text = [config['configFile'], config['content']].find(
    (given) => typeof given === 'string' && given.trim() !== '',
  )
  const files =
    typeof text === 'string' ? [{ name: `${place}: ${configKey}.${isBitnami ? 'content' : 'configFile'}`, text }] : []
  const setting = (key: string, value: unknown) =>
    value === undefined || value === null || value === '' ? [] : [[key, value] as const]
  const google = mapAt(config, 'google')
  const ofFile: (readonly [string, unknown])[] =
    files.length > 0 || config['existingConfig'] || config['existingConfigmap']
      ? []
      : [
          ['email_domains', config['emailDomains'] ?? ['*']],
          ...(hasAlpha ? [] : ([['upstreams', config['upstreams'] ?? ['file:///dev/null']]] as const)),
        ]
  const variables = [...secretsOf(config), ...redisOf(values)]
  const flags = [
    ...(hasAlpha ? [] : ([['http_address', '0.0.0.0:4180']] as const)),
    ...setting('cookie_name', config['cookieName']),
    ...setting('oidc_issuer_url', config['oidcIssuerUrl']),
    ...setting('redirect_url', config['redirectUrl']),
    ...setting('whitelist_domains', config['whiteList']),
    ...setting('google_admin_email', google['adminEmail']),
    ...setting('google_groups', google['groups']),
    ...setting('google_target_principal', google['targetPrincipal']),
    ...(google['serviceAccountJson'] || google['existingSecret']
      ? ([['google_service_account_json', '/google/service-account.json']] as const)
      : []),
    ...(google['useApplicationDefaultCredentials'] === true
      ? ([['google_use_application_default_credentials', true]] as const)
      : []),
    ...htpasswdOf(values),
  ]
  const emails = emailsOf(values)
  return {
    read: combined([
      { ...nothing, settings: settingsOf(ofFile, { rank: 'file', place }) },
      { ...nothing, settings: settingsOf(variables, { rank: 'variable', place }) },
      { ...nothing, settings: settingsOf([...flags, ...emails.settings], { rank: 'flag', place }) },
      { ...nothing, named: namedBy(config, alphaConfig, place), urls: urlsOf(values), emails: emails.emails },
      { ...nothing, notCarried: htpasswdLost(values, place) },
    ]),
    files,
    alpha:
      hasAlpha && isMap(alphaConfig['configData'])
        ? [[`${place}: alphaConfig.configData`, alphaData(alphaConfig)]]
        : [],
    alphaTexts:
      hasAlpha && typeof alphaConfig['configFile'] === 'string' && alphaConfig['configFile'].trim() !== ''
        ? [[`${place}: alphaConfig.configFile`, alphaConfig['configFile']]]
        : [],
    container: {
      args: [...extraArgs(values), ...listAt(values, 'args').filter((word) => typeof word === 'string')],
      env: [...listAt(values, 'extraEnv'), ...listAt(values, 'extraEnvVars')],
      envFrom: [
        ...listAt(values, 'envFrom'),
        ...(typeof values['extraEnvVarsSecret'] === 'string' && values['extraEnvVarsSecret'] !== ''
          ? [{ secretRef: { name: values['extraEnvVarsSecret'] } }]
          : []),
        ...(typeof values['extraEnvVarsCM'] === 'string' && values['extraEnvVarsCM'] !== ''
          ? [{ configMapRef: { name: values['extraEnvVarsCM'] } }]
          : []),
      ],
    },
  }
}

/** The chart itself listens at 4180 in this form. */
function alphaData(alphaConfig: DataMap): DataMap {
  const data = mapAt(alphaConfig, 'configData')
  return {
    ...data,
    server: { bindAddress: '0.0.0.0:4180', ...mapAt(alphaConfig, 'serverConfigData'), ...mapAt(data, 'server') },
  }
}

/** What a chart holds before anybody writes into it. */
function isPlaceholder(value: unknown): boolean {
  return typeof value !== 'string' || /^(?:X+|)$/.test(value)
}

function secretsOf(config: DataMap): [string, unknown][] {
  const { existingSecret } = config
  if (typeof existingSecret === 'string' && existingSecret !== '') {
    return (['client_id', 'client_secret', 'cookie_secret'] as const).map((key) => [
      key,
      new FromElsewhere(`the key ${key.replace('_', '-')} of the Secret ${existingSecret}`),
    ])
  }
  return (
    [
      ['client_id', config['clientID']],
      ['client_secret', config['clientSecret']],
      ['cookie_secret', config['cookieSecret']],
    ] as const
  ).flatMap(([key, value]): [string, unknown][] => (isPlaceholder(value) ? [] : [[key, value]]))
}

function redisOf(values: DataMap): [string, unknown][] {
  const storage = mapAt(values, 'sessionStorage')
  if (storage['type'] !== 'redis') return []
  const redis = mapAt(storage, 'redis')
  const kind = redis['clientType'] ?? 'standalone'
  const standalone: [string, unknown][] = [
    [
      'redis_connection_url',
      mapAt(redis, 'standalone')['connectionUrl'] || new FromElsewhere('the Redis of the chart'),
    ],
  ]
  const cluster: [string, unknown][] = [
    ['redis_use_cluster', true],
    ['redis_cluster_connection_urls', mapAt(redis, 'cluster')['connectionUrls']],
  ]
  const sentinel: [string, unknown][] = [
    ['redis_use_sentinel', true],
    ['redis_sentinel_master_name', mapAt(redis, 'sentinel')['masterName']],
    ['redis_sentinel_connection_urls', mapAt(redis, 'sentinel')['connectionUrls']],
    ['redis_sentinel_password', mapAt(redis, 'sentinel')['password']],
  ]
  const given: [string, unknown][] = [
    ['session_store_type', 'redis'],
    ['redis_password', redis['password']],
    ...(kind === 'cluster' ? cluster : kind === 'sentinel' ? sentinel : standalone),
  ]
  return given.filter(([, value]) => value !== undefined && value !== null && value !== '')
}

function htpasswdOf(values: DataMap): [string, unknown][] {
  return mapAt(values, 'htpasswdFile')['enabled'] === true
    ? [['htpasswd_file', '/etc/oauth2_proxy/htpasswd/users.txt']]
    : []
}

function htpasswdLost(values: DataMap, place: string): NotCarried[] {
  const file = mapAt(values, 'htpasswdFile')
  if (file['enabled'] !== true || listAt(file, 'entries').length === 0) return []
  return [
    {
      where: `${place}: htpasswdFile.entries`,
      what: 'accounts with the hashes of their passwords',
      why: 'They are not copied. Keep them in the file that htpasswdFile names.',
      effect: 'secret',
    },
  ]
}

function emailsOf(values: DataMap): { settings: [string, unknown][]; emails: string[] } {
  const file = mapAt(values, 'authenticatedEmailsFile')
  if (file['enabled'] !== true) return { settings: [], emails: [] }
  const text = [file['restricted_access'], file['content']].find((given) => typeof given === 'string')
  const emails = emailsIn(String(text ?? '')) ?? []
  const name =
    typeof file['template'] === 'string' && file['template'] !== '' ? file['template'] : 'oauth2-proxy-accesslist'
  return { settings: [['authenticated_emails_file', `/etc/oauth2-proxy/${name}`]], emails }
}

function namedBy(config: DataMap, alphaConfig: DataMap, place: string): NamedSource[] {
  const named = (kind: NamedSource['kind'], by: string, file: unknown): NamedSource[] =>
    typeof file === 'string' && file !== '' ? [{ kind, by: `${by}: ${file}`, file, place }] : []
  return [
    ...named('config', 'config.existingConfig', config['existingConfig']),
    ...named('config', 'configuration.existingConfigmap', config['existingConfigmap']),
    ...(alphaConfig['enabled'] === true
      ? [
          ...named('alpha', 'alphaConfig.existingConfig', alphaConfig['existingConfig']),
          ...named('alpha', 'alphaConfig.existingSecret', alphaConfig['existingSecret']),
        ]
      : []),
  ]
}

/** Most have TLS at the load balancer in front, whatever the chart says. */
function urlsOf(values: DataMap): string[] {
  const ingress = mapAt(values, 'ingress')
  const gateway = mapAt(values, 'gatewayApi')
  const hosts = [
    ...(ingress['enabled'] === false ? [] : [...listAt(ingress, 'hosts'), ingress['hostname'] ?? '']),
    ...(gateway['enabled'] === true ? listAt(gateway, 'hostnames') : []),
  ].map((host) => (isMap(host) ? String(host['host'] ?? '') : String(host)))
  return hosts.filter((host) => /^[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*$/i.test(host)).map((host) => `https://${host}`)
}
