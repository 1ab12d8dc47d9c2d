/** Passkeys and authenticator apps in a real Chromium with a virtual authenticator: added, used without a password, refused by another host. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { generate } from 'otplib'
import type { Browser, Page } from 'playwright-core'
import { addAccounts } from '../support/accounts.ts'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { launchBrowser, screenshot } from './support/chromium.ts'

const password = 'correct horse battery staple'
let gatehouse: Gatehouse
let browser: Browser

before(async () => {
  gatehouse = await startGatehouse({
    config: (port) => `issuer: http://localhost:${port}\nlisten: { port: ${port} }\n`,
  })
  await addAccounts(gatehouse, ['anna', 'bert', 'carl'], password)
  browser = await launchBrowser()
})
after(async () => {
  await browser?.close()
  await gatehouse?.stop()
})

/** A window of its own, with a device that has a finger on its sensor; `isUserVerified: false`: a stranger's finger. */
async function newPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  return page
}

async function withAuthenticator(page: Page) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    credentials: async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    finger: (isUserVerified: boolean) => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
  }
}

async function signInWithPassword(page: Page, name: string): Promise<void> {
  await page.goto(`${gatehouse.url}/login`)
  await page.locator('#username').fill(name)
  await page.locator('#password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function addPasskey(page: Page): Promise<void> {
  await page.goto(`${gatehouse.url}/account/passkeys`)
  await page.locator('#password').fill(password)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByLabel('Name of the passkey').fill('Laptop')
  await page.getByRole('button', { name: 'Make the passkey' }).click()
  await page.getByText('The passkey is added.').waitFor()
}

describe('a passkey in Chromium', () => {
  it('is made, and signs in without a name and a password', async () => {
    const page = await newPage()
    const device = await withAuthenticator(page)
    await signInWithPassword(page, 'anna')
    await addPasskey(page)
    await screenshot(page, 'passkeys-own')
    const [credential] = await device.credentials()
    assert.equal(credential?.isResidentCredential, true)
    assert.equal(credential?.rpId, 'localhost')

    for (const round of [1, 2]) {
      await page.context().clearCookies()
      await page.goto(`${gatehouse.url}/login`)
      await page.getByRole('link', { name: 'Sign in with a passkey' }).click()
      if (round === 1) await screenshot(page, 'passkey-sign-in')
      await page.getByRole('button', { name: 'Use a passkey' }).click()
      await page.getByText('anna').first().waitFor()
      assert.equal(new URL(page.url()).pathname, '/')
    }
    await page.context().close()
  })

  it('is not given for a finger of somebody else, and the page says so', async () => {
    const page = await newPage()
    const device = await withAuthenticator(page)
    await signInWithPassword(page, 'bert')
    await addPasskey(page)
    await page.context().clearCookies()
    await device.finger(false)
    await page.goto(`${gatehouse.url}/login/passkey`)
    await page.getByRole('button', { name: 'Use a passkey' }).click()

    await page.getByText('No passkey was used.').waitFor()
    await page.context().close()
  })

  it('is not given to another host, and its page breaks no policy', async () => {
    const page = await newPage()
    await withAuthenticator(page)
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    // The same server under another name: what a page that only looks like ours would be.
    await page.goto(`${gatehouse.url.replace('localhost', 'evil.localhost')}/login/passkey`).catch(() => undefined)
    const isThere = await page
      .getByRole('button', { name: 'Use a passkey' })
      .isVisible()
      .catch(() => false)
    if (isThere) {
      await page.getByRole('button', { name: 'Use a passkey' }).click()
      await page.getByText('No passkey was used.').waitFor()
    }
    complaints.length = 0
    await page.goto(`${gatehouse.url}/login/passkey`)
    await page.getByRole('button', { name: 'Use a passkey' }).waitFor()

    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('needs scripts, and the page says so; everything else works without', async () => {
    const page = await newPage({ javaScriptEnabled: false })
    await page.goto(`${gatehouse.url}/login/passkey`)
    await page.getByText('This browser cannot use passkeys, or its scripts are off.').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Use a passkey' }).isVisible(), false)

    await signInWithPassword(page, 'carl')
    await page.goto(`${gatehouse.url}/account/second-factor`)
    await page.locator('#password-begin').fill(password)
    await page.getByRole('button', { name: 'Add an authenticator app' }).click()
    await screenshot(page, 'second-factor-enrolment')
    const key = (await page.locator('code').first().textContent())?.replaceAll(' ', '') ?? ''
    // Of the step before: the one of now is for the sign-in.
    await page.getByLabel('Code of the app').fill(await generate({ secret: key, epoch: Date.now() / 1000 - 30 }))
    await page.getByRole('button', { name: 'Add the app' }).click()
    await page.getByText('They are shown only now.').waitFor()
    await screenshot(page, 'second-factor-recovery-codes')
    await page.context().clearCookies()
    await signInWithPassword(page, 'carl')
    await screenshot(page, 'second-factor-code')
    await page.getByLabel('Code', { exact: true }).fill(await generate({ secret: key }))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('carl').first().waitFor()
    assert.equal(new URL(page.url()).pathname, '/')
    await page.context().close()
  })
})
