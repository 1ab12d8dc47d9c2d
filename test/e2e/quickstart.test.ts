/** A newcomer: `npm start`, then a real browser signs in both ways, reaches the demo service, and signs out of everything. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { repositoryRoot } from './support/cache.ts'
import { launchBrowser, screenshot } from './support/chromium.ts'
import { type RunningProcess, startProcess } from './support/processes.ts'

const issuer = 'http://localhost:8080'
const demo = 'http://demo.localhost:8080'
let quickstart: RunningProcess
let browser: Browser
let passwords: Record<string, string>

before(async () => {
  quickstart = await startProcess({
    name: 'quickstart',
    command: process.execPath,
    args: ['examples/quickstart/start.ts'],
    cwd: repositoryRoot,
    ready: (log) => log().includes('Stop with Ctrl+C'),
    within: 30_000,
  })
  const lines = quickstart.log().matchAll(/^ {4}(\w+) +(\S+) {2}/gm)
  passwords = Object.fromEntries([...lines].map(([, name, password]) => [name, password]))
  browser = await launchBrowser()
})
after(async () => {
  await browser?.close()
  await quickstart?.stop()
})

/** A separate window, without cookies. */
async function newPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  return page
}

async function signInAs(page: Page, name: string): Promise<void> {
  await page.getByLabel('Username or e-mail').fill(name)
  await page.getByLabel('Password').fill(passwords[name] ?? '')
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function signInAtProvider(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: /Continue with Company/ }).click()
  await page.locator('input[name=username]').fill(name)
  await page.locator('input[name=password]').fill(passwords[name] ?? '')
  await screenshot(page, 'dev-idp-login')
  await page.locator('input[name=password]').press('Enter')
}

describe('the quickstart in a browser', () => {
  it('sends a visitor of the demo service to the sign-in page, which says where they are going', async () => {
    for (const [name, options] of [
      ['login-light', { viewport: { width: 1280, height: 800 } }],
      ['login-dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
      ['login-phone', { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 }],
      [
        'login-phone-dark',
        { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2, colorScheme: 'dark' },
      ],
    ] as const) {
      const page = await newPage(options)
      await page.goto(demo)
      await page.getByRole('heading', { name: 'Sign in to Demo service' }).waitFor()
      await screenshot(page, name)
      await page.context().close()
    }
  })

  it('lets a local account in to the demo service, and out of both', async () => {
    const page = await newPage()
    await page.goto(`${demo}/some/page?x=1`)
    await signInAs(page, 'admin')

    await page.getByRole('heading', { name: 'Hello, admin' }).waitFor()
    assert.equal(page.url(), `${demo}/some/page?x=1`)
    await screenshot(page, 'demo-service-local')
    await page.getByRole('link', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await page.goto(demo)

    await page.getByRole('heading', { name: 'Sign in to Demo service' }).waitFor()
    await page.goto(issuer)
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
    await page.context().close()
  })

  it('lets somebody in through the identity provider, with their teams, and out of the demo service, Gatehouse and the provider', async () => {
    const page = await newPage()
    await page.goto(demo)
    await signInAtProvider(page, 'alice')

    await page.getByRole('heading', { name: 'Hello, alice' }).waitFor()
    await page.getByText('analysts').waitFor()
    await screenshot(page, 'demo-service-provider')
    await page.getByRole('link', { name: 'Page for data-admins' }).click()
    await page.getByText('/admin').waitFor()
    await page.goto(issuer)
    await page.getByText('You are signed in as alice').waitFor()
    await screenshot(page, 'home')

    await page.goto(demo)
    await page.getByRole('link', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await screenshot(page, 'signed-out')
    await page.goto(demo)
    await page.getByRole('link', { name: /Continue with Company.*Last used/ }).click()
    // The provider has forgotten her too: it asks for the password again.
    await page.locator('input[name=password]').waitFor()
    await page.context().close()
  })

  it('signs out of everything from the page of the sign-in service', async () => {
    const page = await newPage()
    await page.goto(demo)
    await signInAtProvider(page, 'bob')
    await page.getByRole('heading', { name: 'Hello, bob' }).waitFor()

    await page.goto(issuer)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await page.goto(demo)

    await page.getByRole('heading', { name: 'Sign in to Demo service' }).waitFor()
    await page.context().close()
  })

  it('refuses a page to somebody who is in none of its teams, and says who they are', async () => {
    const page = await newPage()
    await page.goto(demo)
    await signInAtProvider(page, 'bob')
    await page.getByRole('heading', { name: 'Hello, bob' }).waitFor()

    const response = await page.goto(`${demo}/admin`)

    assert.equal(response?.status(), 403)
    await page.getByText('access-denied').waitFor()
    await screenshot(page, 'denied')
    await page.context().close()
  })

  it('says that a password is wrong without saying whether the name exists, and keeps the name', async () => {
    const page = await newPage()
    await page.goto(`${issuer}/login`)
    await page.getByLabel('Username or e-mail').fill('nobody')
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()

    await page.getByRole('alert').getByText('Incorrect username or password.').waitFor()
    assert.equal(await page.getByLabel('Username or e-mail').inputValue(), 'nobody')
    await screenshot(page, 'login-wrong-password')
    await page.context().close()
  })

  it('shows an error page with a sentence, a code and the request id', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await newPage({ colorScheme })
      const query = new URLSearchParams({
        client_id: 'superset',
        response_type: 'code',
        scope: 'openid',
        redirect_uri: 'http://evil.test/',
      })
      await page.goto(`${issuer}/authorize?${query}`)

      await page.getByRole('heading', { name: /disagree about the address to return to/ }).waitFor()
      await page.getByText('redirect-uri-not-registered').waitFor()
      await screenshot(page, `error-${colorScheme}`)
      await page.context().close()
    }
  })

  it('can be used with the keyboard alone, and without JavaScript', async () => {
    const page = await newPage({ javaScriptEnabled: false })
    await page.goto(demo)
    // Past the provider, which comes first.
    const username = page.locator('input[name=username]')
    for (let stops = 0; stops < 4 && !(await username.evaluate((it) => it.matches(':focus'))); stops++) {
      await page.keyboard.press('Tab')
    }
    await page.locator('input[name=username]:focus').waitFor()
    await page.keyboard.type('admin')
    await page.keyboard.press('Tab')
    await page.keyboard.type(passwords['admin'] ?? '')
    await page.keyboard.press('Enter')

    await page.getByRole('heading', { name: 'Hello, admin' }).waitFor()
    await page.context().close()
  })

  it('asks nobody else for anything, and breaks no rule of its own content security policy', async () => {
    const page = await newPage()
    const foreign: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => {
      if (!/^http:\/\/(demo\.)?localhost:/.test(request.url())) foreign.push(request.url())
    })
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.goto(demo)
    await signInAs(page, 'admin')
    await page.getByRole('heading', { name: 'Hello, admin' }).waitFor()

    assert.deepEqual(foreign, [])
    assert.deepEqual(
      complaints.filter((text) => !text.includes('favicon')),
      [],
    )
    await page.context().close()
  })
})
