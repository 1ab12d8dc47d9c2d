import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { goldenFiles } from '../../../test/support/accepted-keys.ts'
import { renderData } from '../../../test/support/golden-cases.ts'
import { oauth2Proxy as schema } from '../../config/kinds/oauth2-proxy.ts'
import { optionOfKey, proxyKeys } from '../../products/oauth2-proxy/names.ts'
import { allFiles } from '../../products/render-product.ts'
import { type Imported, type ImportFile, type NotCarried, UnreadableImport } from '../contract.ts'
import { oauth2Proxy } from './index.ts'

function imported(text: string, name = 'oauth2-proxy.cfg'): Imported {
  return oauth2Proxy.read([{ name, text }])
}

function rendered({ config }: Imported): Map<string, string> {
  const result = renderData(JSON.parse(JSON.stringify(config)))
  assert.ok(result)
  return new Map(allFiles(result).map(({ path, content }) => [path, content]))
}

function productOf({ config }: Imported): Record<string, unknown> {
  return (config['products'] as unknown as Record<string, Record<string, unknown>>)['oauth2-proxy'] ?? {}
}

function whyOf({ notCarried }: Imported, where: RegExp): string {
  const found = notCarried.find((entry) => where.test(entry.where))
  assert.ok(found, JSON.stringify(notCarried))
  return found.why
}

describe('there and back', () => {
  // The class gatehouse is this server, which no file of oauth2-proxy can say.
  const files = goldenFiles('oauth2-proxy', 'oauth2-proxy.cfg').filter(({ path }) => !path.includes('gatehouse'))
  const alphas = new Map(goldenFiles('oauth2-proxy', 'oauth2-proxy-alpha.yaml').map(({ path, text }) => [path, text]))

  const lists = new Map(goldenFiles('oauth2-proxy', 'authenticated-emails.txt').map(({ path, text }) => [path, text]))

  for (const { path, text } of files) {
    const alpha = alphas.get(path.replace('oauth2-proxy.cfg', 'oauth2-proxy-alpha.yaml'))
    test(`${path} is imported and rendered the same`, () => {
      const texts: ImportFile[] = [{ name: 'oauth2-proxy.cfg', text }]
      const emails = lists.get(path.replace('oauth2-proxy.cfg', 'authenticated-emails.txt'))
      if (emails !== undefined) texts.push({ name: 'authenticated-emails.txt', text: emails })
      if (alpha !== undefined) texts.push({ name: 'oauth2-proxy-alpha.yaml', text: alpha })

      const read = oauth2Proxy.read(texts)
      const result = rendered(read)

      assert.doesNotMatch(JSON.stringify(read.notCarried), /in the rendered file|The rendered file has/)
      assert.equal(result.get('oauth2-proxy.cfg'), text)
      // The files say no version: 7.13 becomes the newest.
      if (alpha === undefined || path.includes('7.13')) return
      assert.deepEqual(withoutSecretFile(result.get('oauth2-proxy-alpha.yaml')), withoutSecretFile(alpha))
    })
  }

  function withoutSecretFile(text = ''): unknown {
    return parse(text.replace(/^ +id: .*\n/m, ''))
  }
})

const flags = [
  '--provider=keycloak-oidc',
  '--oidc-issuer-url=https://sso.example.com/realms/data',
  '--client-id=app',
  '--client-secret=hunter2-in-clear',
  '--cookie-secret=hunter2-in-clear-hunter2-in-clea',
  '--redirect-url=https://app.example.com/oauth2/callback',
  '--scope=openid email profile groups',
  '--email-domain=example.com',
  '--upstream=http://127.0.0.1:8080/',
  '--upstream=http://127.0.0.1:9090/api/',
  '--allowed-group=analysts',
  '--skip-provider-button',
  '--reverse-proxy',
]
const settings = {
  upstreams: ['http://127.0.0.1:8080/', 'http://127.0.0.1:9090/api/'],
  emailDomains: ['example.com'],
  allowedGroups: ['analysts'],
}

describe('flags, in whatever form', () => {
  const command = `exec oauth2-proxy \\\n  ${flags.map((flag) => `"${flag}"`).join(' \\\n  ')}\n`
  const list = flags.map((flag) => `- ${JSON.stringify(flag)}\n`).join('')
  const deployment = `kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: proxy
        args:
${list.replace(/^/gm, '        ')}
        env:
        - {name: OAUTH2_PROXY_WHITELIST_DOMAINS, value: app.example.com}
`
  const variables = [
    'OAUTH2_PROXY_PROVIDER=keycloak-oidc',
    'OAUTH2_PROXY_OIDC_ISSUER_URL=https://sso.example.com/realms/data',
    'OAUTH2_PROXY_CLIENT_ID=app',
    'OAUTH2_PROXY_CLIENT_SECRET=hunter2-in-clear',
    'OAUTH2_PROXY_COOKIE_SECRET=hunter2-in-clear-hunter2-in-clea',
    'OAUTH2_PROXY_REDIRECT_URL=https://app.example.com/oauth2/callback',
    'OAUTH2_PROXY_SCOPE="openid email profile groups"',
    'OAUTH2_PROXY_EMAIL_DOMAINS=example.com',
    'OAUTH2_PROXY_UPSTREAMS=http://127.0.0.1:8080/,http://127.0.0.1:9090/api/',
    'OAUTH2_PROXY_ALLOWED_GROUPS=analysts',
    'OAUTH2_PROXY_REVERSE_PROXY=true',
  ].join('\n')

  for (const [form, text, name] of [
    ['a command line', command, 'start.sh'],
    ['a list', list, 'args.yaml'],
    ['a Deployment', deployment, 'deployment.yaml'],
    ['variables', variables, 'proxy.env'],
  ] as const) {
    test(`${form} says the same`, () => {
      const result = imported(text, name)

      assert.deepEqual(productOf(result)['oauth2-proxy'], settings)
      assert.equal(productOf(result)['url'], 'https://app.example.com')
      assert.match(JSON.stringify(result.config['authenticationClasses']), /sso\.example\.com.*Keycloak/)
      assert.doesNotMatch(JSON.stringify(result), /hunter2/, 'no secret is copied')
      assert.match(whyOf(result, /client_secret/), /OAUTH2_PROXY_CLIENT_SECRET/)
      assert.match(whyOf(result, /cookie_secret/), /OAUTH2_PROXY_COOKIE_SECRET/)
      assert.ok(rendered(result).has('oauth2-proxy.cfg'))
    })
  }
})

const base = `redirect_url = "https://app.example.com/oauth2/callback"
client_id = "app"
email_domains = ["*"]
reverse_proxy = true
`

describe('who gets in', () => {
  const oidc = `${base}oidc_issuer_url = "https://sso.example.com/realms/data"\n`

  test('what a provider does not read kept nobody out, and is not enforced in silence', () => {
    const roles = imported(`${oidc}provider = "oidc"\nallowed_roles = ["admin"]\n`)
    const keycloak = imported(`${oidc}provider = "keycloak-oidc"\nkeycloak_groups = ["admin"]\n`)
    const gitlab = imported(
      `${base}provider = "gitlab"\noidc_issuer_url = "https://gitlab.com"\nallowed_groups = ["x"]\n`,
    )

    for (const result of [roles, keycloak, gitlab]) {
      assert.equal(productOf(result)['oauth2-proxy'], undefined)
      assert.match(whyOf(result, /allowed_roles|keycloak_groups|allowed_groups/), /kept nobody out/)
    }
  })

  test('roles of Keycloak are groups with a prefix', () => {
    const result = imported(`${oidc}provider = "keycloak-oidc"\nallowed_roles = ["admin"]\n`)

    assert.deepEqual(productOf(result)['oauth2-proxy'], { allowedGroups: ['role:admin'] })
  })

  const listed = oidc.replace('email_domains = ["*"]\n', '')

  test('a file of addresses stays what lets people in', () => {
    const result = imported(`${listed}provider = "oidc"\nauthenticated_emails_file = "/etc/emails"\n`)

    assert.deepEqual(productOf(result)['oauth2-proxy'], { authenticatedEmailsFile: '/etc/emails' })
    assert.match(rendered(result).get('oauth2-proxy.cfg') ?? '', /^email_domains = \[\]$/m)
  })

  test('a file of addresses that is given becomes the list itself', () => {
    const result = oauth2Proxy.read([
      { name: 'oauth2-proxy.cfg', text: `${listed}provider = "oidc"\nauthenticated_emails_file = "/etc/emails"\n` },
      { name: 'emails', text: '# who\nAda@example.com\nbob@example.com\n' },
    ])

    assert.deepEqual(productOf(result)['oauth2-proxy'], { emails: ['ada@example.com', 'bob@example.com'] })
    assert.equal(rendered(result).get('authenticated-emails.txt'), 'ada@example.com\nbob@example.com\n')
  })

  test('a list of addresses beside every domain kept nobody out, and that is said first', () => {
    const result = imported(`${oidc}provider = "oidc"\nauthenticated_emails_file = "/etc/emails"\n`)

    assert.match(whyOf(result, /email_domains/), /everybody gets in/)
  })
})

test('flat headers of the alpha form before 7.14 name the claim too', () => {
  const alpha = `providers:
- {id: x, provider: oidc, clientID: app, clientSecret: "\${SECRET}", oidcConfig: {issuerURL: "https://sso.example.com/realms/data"}}
injectRequestHeaders:
- {name: X-Forwarded-User, values: [{claim: nickname}]}
`
  const result = oauth2Proxy.read([
    { name: 'core.cfg', text: 'redirect_url = "https://app.example.com/oauth2/callback"\n' },
    { name: 'alpha.yaml', text: alpha },
  ])

  assert.match(JSON.stringify(result.config), /"principalClaim":"nickname"/)
  assert.deepEqual(productOf(result)['oauth2-proxy'], {
    alpha: true,
    reverseProxy: false,
    injectRequestHeaders: [{ name: 'X-Forwarded-User', values: [{ claim: 'nickname' }] }],
    injectResponseHeaders: [],
  })
})

const oidc = `${base}oidc_issuer_url = "https://sso.example.com/realms/data"\nprovider = "oidc"\n`

function entryOf({ notCarried }: Imported, what: RegExp): NotCarried {
  const found = notCarried.find((entry) => what.test(entry.what))
  assert.ok(found, JSON.stringify(notCarried))
  return found
}

test('the alpha form takes the client secret from a file, and that is said', () => {
  const alpha = (secret: string) => `providers:
- {id: x, provider: oidc, clientID: app, clientSecret: ${secret}, oidcConfig: {issuerURL: "https://sso.example.com"}}
`
  const clear = imported(alpha('hunter2-in-clear'), 'alpha.yaml')
  const variable = imported(alpha('"${SECRET}"'), 'alpha.yaml')

  assert.match(whyOf(clear, /client_secret/), /into the file that OAUTH2_PROXY_CLIENT_SECRET_FILE names/)
  assert.match(whyOf(variable, /client_secret/), /OAUTH2_PROXY_CLIENT_SECRET_FILE/)
})

test('a password in an address is not copied', () => {
  const result = imported(`${oidc}upstreams = ["http://app:hunter2@127.0.0.1:8080/", "http://127.0.0.1:9090/@me/"]\n`)

  assert.deepEqual(productOf(result)['oauth2-proxy'], {
    upstreams: ['http://127.0.0.1:8080/', 'http://127.0.0.1:9090/@me/'],
  })
  assert.match(whyOf(result, /upstreams/), /not copied/)
  assert.doesNotMatch(JSON.stringify(result), /hunter2/)
})

test('a proxy in front that is everybody, or no address, is left out', () => {
  const result = imported(`${oidc}trusted_proxy_ips = ["0.0.0.0/0", "10.0.0.1", "proxy"]\n`)

  assert.deepEqual(productOf(result)['oauth2-proxy'], { trustedProxies: ['10.0.0.1'] })
  assert.match(whyOf(result, /trusted_proxy_ips/), /neither an address nor a network, or it is everyone/)
})

describe('what has no place', () => {
  test('is named with its value and how it can stay', () => {
    const result = imported(`${oidc}proxy_prefix = "/auth"\nbitbucket_team = "acme"\n`)

    assert.match(whyOf(result, /proxy_prefix/), /\/oauth2\/callback/)
    const { what, why, effect } = entryOf(result, /bitbucket/)
    assert.equal(what, 'bitbucket_team = "acme"')
    assert.match(why, /OAUTH2_PROXY_BITBUCKET_TEAM/)
    assert.equal(effect, 'access')
  })

  test('is said to be no setting where oauth2-proxy has none of that name, without its value', () => {
    const { what, why } = entryOf(imported(`${oidc}cookie_expires = "hunter2"\n`), /cookie_expires/)

    assert.equal(what, 'cookie_expires = …')
    assert.match(why, /no setting of that name/)
  })

  test('is named for the alpha form too, each by its full name', () => {
    const alpha = `providers:
- {id: x, provider: oidc, clientID: app, clientSecret: "\${SECRET}", oidcConfig: {issuerURL: "https://sso.example.com"}, ADFSConfig: {skipScope: true}}
`
    const result = imported(alpha, 'alpha.yaml')

    assert.equal(entryOf(result, /ADFS/).what, 'providers[0].ADFSConfig.skipScope: …')
  })
})

describe('what has an option', () => {
  const lines = `cookie_expire = "12h0m0s"
cookie_refresh = 3600000000000
cookie_samesite = "strict"
pass_access_token = true
set_authorization_header = true
api_routes = ["^/api/"]
insecure_oidc_allow_unverified_email = true
session_store_type = "redis"
redis_connection_url = "redis://app:hunter2@redis:6379/0"
basic_auth_password = "hunter2"
banner = "-"
request_logging_format = "{{.Client}} {{.Username}}"
`

  test('is carried under its name in camel case, secrets as variables', () => {
    const result = imported(`${oidc}${lines}`)

    assert.deepEqual(productOf(result)['oauth2-proxy'], {
      passBasicAuth: true,
      cookieExpire: '12h0m0s',
      cookieRefresh: '3600000000000ns',
      cookieSamesite: 'strict',
      passAccessToken: true,
      setAuthorizationHeader: true,
      apiRoutes: ['^/api/'],
      insecureOidcAllowUnverifiedEmail: true,
      sessionStoreType: 'redis',
      redisConnectionUrl: 'redis://redis:6379/0',
      banner: '-',
      requestLoggingFormat: '{{.Client}} {{.Username}}',
    })
    assert.doesNotMatch(JSON.stringify(result), /hunter2/)
    assert.match(whyOf(result, /redis_connection_url/), /OAUTH2_PROXY_REDIS_PASSWORD/)
    assert.match(whyOf(result, /basic_auth_password/), /OAUTH2_PROXY_BASIC_AUTH_PASSWORD/)
    const written = rendered(result).get('oauth2-proxy.cfg') ?? ''
    assert.match(written, /^cookie_samesite = "strict"$/m)
    assert.match(written, /^redis_connection_url = "redis:\/\/redis:6379\/0"$/m)
  })

  test('is no option where it says what holds anyway', () => {
    const result = imported(`${oidc}cookie_expire = "168h"\npass_user_headers = true\nset_xauthrequest = true\n`)

    assert.equal(productOf(result)['oauth2-proxy'], undefined)
  })

  test('is an option for every key that is not said elsewhere', () => {
    const elsewhere =
      /^(?:provider|client_|scope|prompt|approval|acr_|code_challenge|force_code|oidc_(?:issuer|groups)|provider_ca|user_id|allowed_roles|keycloak|github_(?:org|token)|gitlab_groups|azure|bitbucket|jwt|pubjwk|redirect_url|relative|proxy_prefix|ssl_insecure|signature|cookie_secret$|cookie_secure|skip_auth_regex|trusted_proxy|basic_auth|redis_(?:sentinel_)?password)/
    const missing = Object.keys(proxyKeys).filter(
      (key) => !elsewhere.test(key) && !Object.hasOwn(schema.unwrap().shape, optionOfKey(key)),
    )

    assert.deepEqual(missing, [])
  })
})

describe('what the rendered file does otherwise', () => {
  test('is told: what it sets and the source does not', () => {
    const { what, effect } = entryOf(imported(oidc), /set in the rendered file, but not in yours/)

    for (const setting of [
      'skip_provider_button = true',
      'set_xauthrequest = true',
      'code_challenge_method = "S256"',
      'approval_prompt = "auto"',
    ]) {
      assert.ok(what.includes(setting), what)
    }
    assert.equal(effect, 'added')
  })

  test('never believes headers that the source did not', () => {
    for (const text of [
      oidc.replace('reverse_proxy = true\n', ''),
      oidc.replace('reverse_proxy = true', 'reverse_proxy = false'),
    ]) {
      const result = imported(text)

      assert.deepEqual(productOf(result)['oauth2-proxy'], { reverseProxy: false })
      assert.match(rendered(result).get('oauth2-proxy.cfg') ?? '', /^reverse_proxy = false$/m)
    }
  })

  test('misses nothing that is rendered', () => {
    const result = imported(oidc)
    const read = imported(rendered(result).get('oauth2-proxy.cfg') ?? '')

    assert.deepEqual(
      read.notCarried.filter(({ why }) => why.includes('rendered file')),
      [],
    )
  })

  test('is told although there is no provider yet', () => {
    const result = imported(`${base}provider = "digitalocean"\n`)

    assert.match(entryOf(result, /not in yours/).what, /code_challenge_method/)
    assert.doesNotMatch(JSON.stringify(result), /address\.invalid/)
  })

  test('Keycloak behind the provider oidc becomes keycloak-oidc, with roles among the groups', () => {
    assert.match(whyOf(imported(oidc), /: provider$/), /role:NAME.*keycloak-oidc.*providerHint/)
  })

  test('domains that people are sent back to are carried, those that are rendered anyway are not', () => {
    const more = imported(`${oidc}whitelist_domains = [".example.com", "app.example.com"]\n`)
    const shared = imported(`${oidc}whitelist_domains = [".example.com"]\ncookie_domains = [".example.com"]\n`)

    assert.deepEqual(productOf(more)['oauth2-proxy'], { whitelistDomains: ['.example.com'] })
    assert.deepEqual(productOf(shared)['oauth2-proxy'], { cookieDomains: ['.example.com'] })
    assert.match(
      rendered(more).get('oauth2-proxy.cfg') ?? '',
      /^whitelist_domains = \["app.example.com", ".example.com"/m,
    )
  })

  test('without redirect_url nothing false is said of them', () => {
    const result = imported(
      'provider = "oidc"\noidc_issuer_url = "https://sso.example.com"\ncookie_domains = [".example.com"]\nwhitelist_domains = [".example.com"]\n',
    )

    assert.ok(!result.notCarried.some(({ where }) => where.endsWith('whitelist_domains')))
  })

  test('a sign-out at the provider is carried where it is not rendered anyway', () => {
    const url = 'https://sso.example.com/out?id_token_hint={id_token}'
    const text = `${base}provider = "oidc"\noidc_issuer_url = "https://sso.example.com/"\nbackend_logout_url = "${url}"\n`

    assert.deepEqual(productOf(imported(text))['oauth2-proxy'], { backendLogoutUrl: url })
  })

  test('an issuer with a slash at the end comes with what to do', () => {
    const result = imported(`${base}provider = "oidc"\noidc_issuer_url = "https://sso.example.com/realms/data/"\n`)

    assert.match(
      whyOf(result, /oidc_issuer_url/),
      /realms\/data\/\.well-known\/openid-configuration.*write oidc_issuer_url = "https:\/\/sso\.example\.com\/realms\/data\/" back/,
    )
  })
})

test('groups of Google are carried, and check asks for what they need', () => {
  const result = imported(`${base}provider = "google"\ngoogle_groups = ["a@example.com"]\n`)

  assert.deepEqual(productOf(result)['oauth2-proxy'], { googleGroups: ['a@example.com'] })
})

test('the result says what it was imported from, and where something is to be written', () => {
  const { comments } = imported('oidc_issuer_url = "https://sso.example.com"\nprovider = "oidc"\n')

  assert.deepEqual(
    comments.map(({ path, text }) => `${path.join('.')}: ${text}`),
    [
      ': Imported from oauth2-proxy.cfg of oauth2-proxy.',
      'products.oauth2-proxy: Set url to the address at which people open it.',
      'secrets.idp-client.clientId: Put the client id here.',
    ],
  )
})

test('a file that cannot be read does not show what it holds', () => {
  for (const [name, text] of [
    ['x.cfg', 'client_secret = "hunter2\n'],
    ['x.yaml', 'clientSecret: "hunter2\nx'],
    ['x.yaml', 'hello: world\n'],
  ] as const) {
    assert.throws(
      () => imported(text, name),
      (error) => error instanceof UnreadableImport && !error.message.includes('hunter2'),
    )
  }
})
