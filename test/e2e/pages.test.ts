/** Every page in a real browser: in the light, in the dark, on a phone, in other languages, and against WCAG 2.2 AA. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { choosePage } from '../../src/login/pages/choose.ts'
import type { Look } from '../../src/web/look.ts'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { plainLook } from '../support/plain-look.ts'
import { accessibilityProblems } from './support/axe.ts'
import { launchBrowser, screenshot } from './support/chromium.ts'

const password = 'correct horse battery staple'
let gatehouse: Gatehouse
let browser: Browser
let poster: Server
let posted: URLSearchParams | undefined

before(async () => {
  // On another origin than the sign-in pages. A browser asks it for an icon too.
  poster = createServer(async (request, response) => {
    if (request.method === 'POST') posted = new URLSearchParams(await text(request))
    response.setHeader('content-type', 'text/html').end('<h1>Arrived</h1>')
  })
  poster.listen(0, '127.0.0.1')
  await once(poster, 'listening')
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
services:
  wiki:
    url: http://wiki.localhost:${port}
    title: Team wiki
    upstream: http://127.0.0.1:${(poster.address() as AddressInfo).port}
    rules: [{ path: /admin, allow: ["team:admins"] }, { path: /, allow: authenticated }]
  dead: { url: "http://dead.localhost:${port}", title: Data catalogue, upstream: "http://127.0.0.1:9" }
  desk: { url: "http://desk.localhost:${port}", title: Front desk }
teams: { admins: {} }
products:
  notebook:
    product: oidc
    title: Notebook
    consent: ask
    url: http://localhost:${port}
    redirectUris: ["http://localhost:${port}/login/signed-out"]
    authentication: [{ authenticationClass: gatehouse }]
  poster:
    product: oidc
    title: Poster
    url: http://127.0.0.1:${(poster.address() as AddressInfo).port}
    redirectUris: ["${posterUri()}"]
    authentication: [{ authenticationClass: gatehouse }]
`,
  })
  browser = await launchBrowser()
})
after(async () => {
  await browser?.close()
  await gatehouse?.stop()
  poster?.close()
})

function posterUri(): string {
  return `http://127.0.0.1:${(poster.address() as AddressInfo).port}/cb`
}

const looks = [
  ['light', { viewport: { width: 1280, height: 800 } }],
  ['dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 }],
] as const

async function newPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage()
  page.setDefaultTimeout(15_000)
  return page
}

function authorizationUrl(): string {
  const query = new URLSearchParams({
    client_id: 'notebook',
    response_type: 'code',
    scope: 'openid profile email groups',
    redirect_uri: `${gatehouse.url}/login/signed-out`,
    state: 'x'.repeat(20),
  })
  return `${gatehouse.url}/authorize?${query}`
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Username or e-mail').fill('alice')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

// What runs inside the page is text: the checks of this repository know no DOM.
const widths = '({ width: innerWidth, content: document.documentElement.scrollWidth })'
const nameOf = `(element) =>
  ([...(element.labels ?? [])].map((label) => label.textContent).join('') || element.textContent || '').trim()`
const worstContrast = `(() => {
  const luminance = (color) => {
    const [r = 0, g = 0, b = 0] = (color.match(/[\\d.]+/g) ?? []).map((part) => Number(part) / 255)
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  }
  const background = (element) => {
    if (!element) return 'rgb(255, 255, 255)'
    const { backgroundColor } = getComputedStyle(element)
    return backgroundColor === 'rgba(0, 0, 0, 0)' ? background(element.parentElement) : backgroundColor
  }
  const ratios = [...document.querySelectorAll('h1, label, button, a, span, p, div')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()))
    .map((element) => {
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(background(element))]
      return { text: element.textContent, ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) }
    })
  return ratios.sort((a, b) => a.ratio - b.ratio)[0]
})()`

/** Everything on the page that can be used has a name that a screen reader can say, and is at least 44 pixels high. */
async function checkControls(page: Page): Promise<void> {
  const controls = page.locator('a.way, button, input:not([type=hidden])')
  for (const control of await controls.all()) {
    const box = await control.boundingBox()
    assert.ok(
      (box?.height ?? 0) >= 44,
      `${await control.evaluate((element) => element.outerHTML)} is ${box?.height} px high`,
    )
    const named = await control.evaluate(nameOf)
    assert.notEqual(named, '')
  }
  const { width, content } = await page.evaluate<{ width: number; content: number }>(widths)
  assert.ok(content <= width, `the page is ${content} px wide in a window of ${width}`)
}

describe('pages in a browser', () => {
  it('make the first administrator with the link of the first start', async () => {
    const page = await newPage()
    await page.goto(gatehouse.setupUrl ?? '')
    await checkControls(page)
    await screenshot(page, 'setup')
    await page.getByLabel('Username').fill('root')
    await page.getByLabel(/^Password/).fill('short')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('heading', { name: 'Create the first administrator' }).waitFor()
    await page.getByLabel(/^Password/).fill('a long enough password')
    await page.getByLabel('The same password again').fill('a long enough password')
    await page.getByRole('button', { name: 'Create account' }).click()

    await page.getByText('You are signed in as root').waitFor()
    await gatehouse.addUser('alice', password)
    await page.context().close()
  })

  for (const [look, options] of looks) {
    it(`ask for consent (${look})`, async () => {
      const page = await newPage(options)
      await page.goto(authorizationUrl())
      await page.getByRole('heading', { name: 'Sign in to Notebook' }).waitFor()
      await checkControls(page)
      await signIn(page)

      await page.getByRole('heading', { name: 'Allow Notebook to use your account?' }).waitFor()
      await page.getByText('See the teams that you are in').waitFor()
      await checkControls(page)
      await screenshot(page, `consent-${look}`)
      await page.context().close()
    })
  }

  for (const [look, options] of looks) {
    it(`say who is refused, and lead back as somebody else (${look})`, async () => {
      const page = await newPage(options)
      const wiki = `http://wiki.localhost:${gatehouse.port}`
      await page.goto(`${wiki}/admin/deep?x=1`)
      await signIn(page)
      await page.getByRole('heading', { name: 'You are signed in, but this page is not open to you' }).waitFor()
      await checkControls(page)
      await screenshot(page, `refused-${look}`)

      await page.getByRole('link', { name: 'Sign in as someone else' }).click()
      await page.getByText('ends that session in this browser').waitFor()
      await checkControls(page)
      await screenshot(page, `someone-else-${look}`)
      await page.getByLabel('Password').fill('wrong')
      await page.getByLabel('Username or e-mail').fill('root')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('Incorrect username or password').waitFor()
      await page.goto(page.url())
      await page.getByRole('heading', { name: 'Sign in to Team wiki' }).waitFor()
      await page.context().close()
    })

    it(`name the service that does not answer, or is nowhere, and the session that has ended (${look})`, async () => {
      const page = await newPage(options)
      await page.goto(`http://dead.localhost:${gatehouse.port}/x`)
      await signIn(page)
      await page.getByRole('heading', { name: 'Data catalogue does not answer at the moment' }).waitFor()
      await checkControls(page)
      await screenshot(page, `no-answer-${look}`)
      await page.goto(`http://desk.localhost:${gatehouse.port}/x`)
      await page.getByRole('heading', { name: 'Front desk cannot be opened at this address' }).waitFor()
      await screenshot(page, `no-upstream-${look}`)
      await page.context().clearCookies()
      await page
        .context()
        .addCookies([{ name: 'gatehouse_login', value: 'A'.repeat(43), domain: 'localhost', path: '/' }])
      await page.goto(`${gatehouse.url}/login`)
      await page.getByText('Your session has ended').waitFor()
      await checkControls(page)
      await screenshot(page, `session-ended-${look}`)
      await page.reload()
      await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
      assert.equal(await page.getByText('Your session has ended').count(), 0)
      await page.context().close()
    })
  }

  it('take a refusal and a consent, and do not ask again', async () => {
    const page = await newPage()
    await page.goto(authorizationUrl())
    await signIn(page)
    await page.getByRole('button', { name: 'Do not allow' }).click()
    await page.waitForURL(/error=access_denied/)

    await page.goto(authorizationUrl())
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.waitForURL(/code=/)
    await page.goto(authorizationUrl())

    await page.waitForURL(/code=/)
    await page.context().close()
  })

  it('ask before signing out without a hint, and say that it is done', async () => {
    const page = await newPage({ colorScheme: 'dark' })
    await page.goto(`${gatehouse.url}/login`)
    await signIn(page)
    await page.goto(authorizationUrl())
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.goto(`${gatehouse.url}/logout`)
    await page.getByRole('heading', { name: 'Do you want to sign out?' }).waitFor()
    await checkControls(page)
    await screenshot(page, 'sign-out-question')
    await page.getByRole('button', { name: 'Sign out' }).click()

    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await screenshot(page, 'signed-out-dark')
    await page.goto(gatehouse.url)
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
    await page.context().close()
  })

  for (const javaScriptEnabled of [true, false]) {
    it(`send an answer by form_post ${javaScriptEnabled ? 'at once' : 'with a button where scripts are off'}, and run nothing that is in it [xss-reflected-pages]`, async () => {
      const page = await newPage({ javaScriptEnabled })
      let ran = false
      await page.exposeFunction('canary', () => {
        ran = true
      })
      const state = `"></form><script>canary()</script><img src=x onerror=canary()>`
      const query = new URLSearchParams({
        client_id: 'poster',
        response_type: 'code',
        response_mode: 'form_post',
        scope: 'openid',
        redirect_uri: posterUri(),
        state,
      })
      await page.goto(`${gatehouse.url}/authorize?${query}`)
      await signIn(page)
      if (!javaScriptEnabled) {
        await page.getByRole('heading', { name: 'One moment' }).waitFor()
        await checkControls(page)
        await page.getByRole('button', { name: 'Continue' }).click()
      }

      await page.getByRole('heading', { name: 'Arrived' }).waitFor()
      assert.equal(posted?.get('state'), state)
      assert.ok(posted?.get('code'))
      assert.equal(ran, false)
      await page.context().close()
    })
  }

  it('have a contrast of 4.5 to 1 at least, in light and in dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await newPage({ colorScheme })
      await page.goto(authorizationUrl())

      const worst = await page.evaluate<{ text: string; ratio: number }>(worstContrast)

      assert.ok(worst.ratio >= 4.5, `${colorScheme}: ${worst.text} has ${worst.ratio}`)
      await page.context().close()
    }
  })
})

/** The ways in of a large installation; none of these providers is there, and the page does not mind. */
const nineWays = ['google', 'entra', 'okta', 'auth0', 'keycloak', 'gitlab', 'authentik', 'cognito', 'dex'] as const
const hints = {
  google: 'Google',
  entra: 'EntraID',
  okta: 'Okta',
  auth0: 'Auth0',
  keycloak: 'Keycloak',
  gitlab: 'GitLab',
  authentik: 'Authentik',
  cognito: 'Cognito',
  dex: 'Dex',
} as const
const titles: Readonly<Record<string, string>> = {
  entra: 'Microsoft',
  keycloak: 'the staff directory',
  dex: 'Northwind',
}
/** Paths of issuers that are not the name. */
const roots: Readonly<Record<string, string>> = {
  entra: '/00000000-0000-0000-0000-000000000001/v2.0',
  authentik: '/application/o/data/',
}
const logo =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0b6e4f"/><path d="M9 21V11l14 10V11" fill="none" stroke="#fff" stroke-width="3"/></svg>'

const axeLooks = [
  ['light', { viewport: { width: 1280, height: 900 } }],
  ['dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 360, height: 780 }, isMobile: true, deviceScaleFactor: 2 }],
] as const

/** Arabic for the texts of one page, so that a page that is read from the right can be looked at. */
const arabic: Look = {
  ...plainLook,
  here: '/login',
  language: { ...plainLook.language, tag: 'ar', name: 'العربية', direction: 'rtl' },
  texts: {
    ...plainLook.texts,
    frame: { ...plainLook.texts.frame, or: 'أو', language: 'اللغة' },
    choose: {
      ...plainLook.texts.choose,
      headingFor: 'تسجيل الدخول إلى {target}',
      continueWith: 'المتابعة باستخدام {title}',
      lastUsed: 'آخر استخدام',
      unavailable: 'غير متاح ({code})',
      waysIn: 'طرق تسجيل الدخول',
      username: 'اسم المستخدم أو البريد الإلكتروني',
      password: 'كلمة المرور',
      signIn: 'تسجيل الدخول',
    },
  },
}

/** The page with the ways in as it is when one of them does not answer, and another was used last. */
function oneUnavailable(look: Look): string {
  const links = nineWays.map((vendor) => ({
    title: titles[vendor] ?? hints[vendor],
    vendor,
    href: `/login/start?provider=${vendor}`,
    lastUsed: vendor === 'okta',
    suggested: false,
    unavailable: vendor === 'gitlab' ? ('provider-unreachable' as const) : undefined,
  }))
  const form = { name: 'local', title: 'local', action: '/login', hidden: [], failed: false, username: '' }
  const nothing = { current: undefined, leaving: undefined, error: undefined, notices: [] }
  return choosePage(look, { target: 'Superset', links, forms: [form], ...nothing })
}

describe('every page, in every look', () => {
  let branded: Gatehouse

  before(async () => {
    branded = await startGatehouse({
      files: { 'logo.svg': logo, 'own.css': '.brand { letter-spacing: .01em }' },
      config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
branding:
  name: Northwind data platform
  logo: logo.svg
  favicon: logo.svg
  accent: "#0b6e4f"
  css: own.css
  links: [{ title: Imprint, url: "https://example.com/imprint" }, { title: Privacy, url: "https://example.com/privacy" }]
  help: mailto:help@example.com
  access: mailto:data@example.com
teams: { analysts: {}, data-admins: {} }
services:
  wiki: { url: "http://wiki.localhost:${port}", title: Team wiki, upstream: "http://127.0.0.1:9" }
  vault: { url: "http://vault.localhost:${port}", title: Vault, upstream: "http://127.0.0.1:9", rules: [{ path: /, allow: ["team:analysts", "team:data-admins"] }] }
products:
  superset: { product: superset, url: "http://superset.localhost", authentication: [{ authenticationClass: gatehouse }] }
  airflow: { product: airflow, url: "http://airflow.localhost", authentication: [{ authenticationClass: gatehouse }] }
  trino: { product: trino, url: "https://trino.localhost", authentication: [{ authenticationClass: gatehouse }] }
  jupyterhub: { product: jupyterhub, url: "http://jupyter.localhost", authentication: [{ authenticationClass: gatehouse }] }
  grafana: { product: grafana, url: "http://grafana.localhost", authentication: [{ authenticationClass: gatehouse }] }
  datahub: { product: datahub, url: "http://datahub.localhost", authentication: [{ authenticationClass: gatehouse }] }
  notebook: { product: oidc, title: Notebook, consent: ask, url: "http://localhost:${port}", redirectUris: ["http://localhost:${port}/login/signed-out"], authentication: [{ authenticationClass: gatehouse }] }
login:
${nineWays.map((name) => `  - { authenticationClass: ${name}, title: ${titles[name] ?? hints[name]}, oidc: { clientCredentialsSecret: client } }`).join('\n')}
  - { local: {} }
secrets: { client: { clientId: gatehouse, clientSecret: "\${env:SECRET}" } }
authenticationClasses:
${nineWays.map((name) => `  ${name}: { oidc: { hostname: "127.0.0.1", port: 9, rootPath: ${roots[name] ?? `/${name}`}, principalClaim: sub, providerHint: ${hints[name]} } }`).join('\n')}
`,
      env: { SECRET: 'of the client' },
    })
    await branded.addUser('alice', password)
  })
  after(() => branded?.stop())

  async function check(page: Page, name: string): Promise<void> {
    await checkControls(page)
    await screenshot(page, name)
    assert.deepEqual(await accessibilityProblems(page), [], name)
  }

  for (const [look, options] of axeLooks) {
    it(`can be read and used by everybody (${look})`, async () => {
      const { url, port } = branded
      const asked: string[] = []
      const page = await newPage(options)
      page.on('request', (request) => asked.push(new URL(request.url()).host))

      await page.goto(`http://wiki.localhost:${port}/`)
      await page.getByRole('heading', { name: 'Sign in to Team wiki' }).waitFor()
      await check(page, `nine-ways-${look}`)
      await page.getByLabel('Username or e-mail').fill('alice')
      await page.getByLabel('Password').fill('wrong')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('Incorrect username or password').waitFor()
      await check(page, `wrong-password-${look}`)
      await page.goto(`http://vault.localhost:${port}/secret`)
      await signIn(page)
      await page.getByRole('heading', { name: 'You are signed in, but Vault is not open to you' }).waitFor()
      await check(page, `denied-${look}`)
      await page.goto(url)
      await page.getByRole('heading', { name: 'Your applications' }).waitFor()
      assert.equal(await page.getByRole('link', { name: 'Vault' }).count(), 0)
      assert.equal(await page.getByRole('link', { name: 'Team wiki' }).count(), 1)
      await check(page, `portal-${look}`)
      const query = new URLSearchParams({
        client_id: 'notebook',
        response_type: 'code',
        scope: 'openid profile email groups',
        redirect_uri: `${url}/login/signed-out`,
        ui_locales: 'fr-CA',
      })
      await page.goto(`${url}/authorize?${query}`)
      await page.getByRole('heading', { name: 'Autoriser Notebook' }).waitFor()
      await check(page, `consent-french-${look}`)
      await page.goto(`${url}/authorize?client_id=nobody`)
      await page.getByRole('heading', { name: 'is not known to the sign-in service' }).waitFor()
      await check(page, `error-${look}`)
      await page.goto(url)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
      await check(page, `signed-out-${look}`)
      const ours = /^(?:[a-z]+\.)?localhost:\d+$/
      assert.deepEqual(
        asked.filter((host) => !ours.test(host)),
        [],
      )
      await page.context().close()
    })

    it(`can be read in other languages, and from the right (${look})`, async () => {
      const page = await newPage({ ...options, locale: 'de-AT' })
      await page.goto(`${branded.url}/login`)
      await page.getByRole('heading', { name: 'Anmelden' }).waitFor()
      await page.getByRole('link', { name: 'Weiter mit Microsoft' }).waitFor()
      await check(page, `german-${look}`)
      await page.locator('summary').click()
      await check(page, `languages-${look}`)
      await page.getByRole('link', { name: '日本語' }).click()
      await page.getByRole('heading', { name: 'サインイン' }).waitFor()
      await check(page, `japanese-${look}`)
      await page.goto(`http://vault.localhost:${branded.port}/x`)
      await page.getByRole('heading', { name: 'Vault にサインイン' }).waitFor()
      // What is set keeps the policy of the page before.
      await page.goto('about:blank')
      await page.setContent(oneUnavailable(plainLook))
      await check(page, `one-unavailable-${look}`)
      await page.setContent(oneUnavailable(arabic))
      await check(page, `from-the-right-${look}`)
      await page.context().close()
    })
  }

  it('are looked at by a tool that finds what is wrong', async () => {
    const page = await newPage()
    await page.goto(`${branded.url}/login`)
    await page.evaluate(
      `document.querySelector('main').insertAdjacentHTML('beforeend', '<input><p id="pale">pale</p>')`,
    )
    await page.evaluate(`document.getElementById('pale').style.color = '#ccc'`)

    const found = (await accessibilityProblems(page)).join('\n')

    assert.match(found, /label/)
    assert.match(found, /color-contrast/)
    await page.context().close()
  })

  it('copy what the administrator needs by one button, and by one click where scripts are off', async () => {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
    const page = await context.newPage()
    await page.goto(`${branded.url}/nothing`)
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    await context.close()
    const without = await newPage({ javaScriptEnabled: false })
    await without.goto(`${branded.url}/nothing`)

    assert.match(copied, /^Code: not-found\nRequest: \w+\nTime: \S+\nNext step: .+\nTrace: gatehouse explain \w+$/)
    assert.equal(await without.getByRole('button').count(), 0)
    assert.equal(
      await without.locator('#details').evaluate((element) => (element as unknown as { className: string }).className),
      'copied',
    )
    await without.context().close()
  })
})
