import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const isCheckout = import.meta.url.endsWith('.ts')

/** What people type to call this program: a checkout has no `gatehouse` in PATH. */
export const calledAs = isCheckout ? 'npm run -s gatehouse --' : 'gatehouse'

/**
 * Where a file that comes with Gatehouse is on this machine, such as `docs/reference/errors.md`: the path from the folder of the checkout,
 * or of the installed package, made absolute.
 */
export function packageFile(path: string): string {
  // The sources are two folders below ours, the bundle is one.
  const home = new URL(isCheckout ? '../../' : '../', import.meta.url)
  return fileURLToPath(new URL(path, home))
}

/** The version of this program. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version
}
