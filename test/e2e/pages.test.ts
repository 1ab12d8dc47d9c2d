/** Pages that the quickstart does not show, in a real browser: consent, sign-out question, setup, signed out, form_post. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
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
