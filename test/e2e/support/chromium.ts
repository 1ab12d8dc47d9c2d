import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { ensureCommand } from './apt.ts'
import { repositoryRoot } from './cache.ts'

const ARGUMENTS = [
  // Chromium refuses to run as root with its sandbox.
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Several origins in one test without touching the machine's host file.
  '--host-resolver-rules=MAP *.example.test 127.0.0.1',
]

/** A real browser. Every *.example.test is 127.0.0.1 in it; for a self-signed site open a context with ignoreHTTPSErrors. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = await ensureCommand('chromium', ['chromium'])
  return chromium.launch({ executablePath, args: ARGUMENTS })
}

/** Saves what the page shows as test-output/screenshots/<name>.png and answers that path. */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = join(repositoryRoot, 'test-output/screenshots')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${name}.png`)
  await page.screenshot({ path, fullPage: true })
  return path
}
